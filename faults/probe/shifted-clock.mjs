/** `--import` of a process whose clock is wrong: CLOCK_SHIFT_MS from the start, an hour back at each SIGUSR2. */
const RealDate = Date;
let shift = Number(process.env.CLOCK_SHIFT_MS ?? 0);

globalThis.Date = class ShiftedDate extends RealDate {
  constructor(...args) {
    if (args.length === 0) super(RealDate.now() + shift);
    else super(...args);
  }
  static now() {
    return RealDate.now() + shift;
  }
};

process.on("SIGUSR2", () => {
  shift -= 3_600_000;
});
