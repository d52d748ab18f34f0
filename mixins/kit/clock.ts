/** A source of the current time, passed in so that decisions stay pure and tests can move it. */
export type Clock = () => Date;
export const systemClock: Clock = () => new Date();
