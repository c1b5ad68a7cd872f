// What a student changes in a component has numbers, so that the server's answers to it are told from news: they may come late, twice, or in
// other words than it was said.

/** Of one component, as long as it lives. */
export function answersOf() {
  let era = begun(), last = 0;
  return {
    /** The number of one more change. */
    next: () => `${era}${++last}`,
    /** Whether a number answers the last change, an earlier one, or none of this component's: that is news. @returns {"last" | "late" | "news"} */
    kind(/** @type {string} */ number) {
      if (!number.startsWith(era)) return "news";
      return Number(number.slice(era.length)) === last ? "last" : "late";
    },
    /** News took the place of what was changed here: an answer to that, still on its way, would be news again. */
    renew() { era = begun(); last = 0; },
  };
}

function begun() { return `${Math.random()}:`; }
