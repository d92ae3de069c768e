/** Milliseconds after which a screen reader has passed over what was not to be read out. */
const QUIET = 1000;

/** What is put into a live region now is no news. */
export function keepQuiet(region) {
  region.setAttribute("aria-live", "off");
  setTimeout(() => region.setAttribute("aria-live", "polite"), QUIET);
}
