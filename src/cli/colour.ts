/** Whether a stream shows colours: it is a terminal, or somebody insists. */
export function colourful({ isTTY }: NodeJS.WriteStream): boolean {
  const { NO_COLOR, FORCE_COLOR, TERM } = process.env;
  if (NO_COLOR) return false;
  return Boolean(FORCE_COLOR) || (Boolean(isTTY) && TERM !== "dumb");
}
