/**
 * How well a text answers what was typed: higher is better, null is no answer. In falling order: the
 * text itself, its beginning, the beginning of a word in it, a part of it, its words in any order,
 * its letters in order with gaps. Among equals the shorter text is first.
 */
export function rankOf(query: string, text: string): number | null {
  const wanted = query.trim().toLowerCase().replace(/\s+/g, ' ');
  if (wanted === '') return 0;
  const given = text.toLowerCase();
  const tier = wholeRank(wanted, given) ?? wordsRank(wanted, given) ?? lettersRank(wanted, given);
  return tier === null ? null : tier - given.length / 1000;
}

const ranks = { same: 600, beginning: 500, word: 400, part: 300, words: 200, letters: 100 } as const;

function wholeRank(wanted: string, given: string): number | null {
  if (given === wanted) return ranks.same;
  if (given.startsWith(wanted)) return ranks.beginning;
  const at = given.indexOf(wanted);
  if (at < 0) return null;
  return wordStarts(given).some((start) => given.startsWith(wanted, start)) ? ranks.word : ranks.part;
}

function wordsRank(wanted: string, given: string): number | null {
  const words = wanted.split(' ');
  return words.length > 1 && words.every((word) => given.includes(word)) ? ranks.words : null;
}

/** Letters in order; each that goes on from the one before or begins a word counts more. */
function lettersRank(wanted: string, given: string): number | null {
  const letters = wanted.replaceAll(' ', '');
  const starts = new Set(wordStarts(given));
  let at = -1;
  let good = 0;
  for (const letter of letters) {
    const next = given.indexOf(letter, at + 1);
    if (next < 0) return null;
    if (next === at + 1 || starts.has(next)) good += 1;
    at = next;
  }
  return (ranks.letters * good) / letters.length;
}

function wordStarts(text: string): number[] {
  return [...text.matchAll(/[\p{L}\p{N}]+/gu)].map((match) => match.index);
}
