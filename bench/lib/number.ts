/** Three digits or so. */
export const number = (value: number): string => {
  if (Number.isNaN(value)) return "-";
  return value >= 1_000 ? Math.round(value).toLocaleString("en") : value >= 10 ? value.toFixed(1) : value.toFixed(2);
};
