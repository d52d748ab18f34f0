/** JSON with sorted keys: equal values give equal texts. `skip` drops keys at every level. Pure. */
export function canonicalJson(value: unknown, skip: (key: string) => boolean = () => false): string {
  const walk = (one: unknown): string => {
    if (Array.isArray(one)) return `[${one.map(walk).join(",")}]`;
    if (typeof one !== "object" || one === null) return JSON.stringify(one) ?? "null";
    const entries = Object.entries(one)
      .filter(([key, item]) => item !== undefined && !skip(key))
      .sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${walk(item)}`).join(",")}}`;
  };
  return walk(value);
}
