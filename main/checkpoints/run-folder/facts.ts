const MAX_FACTS = 1000;
const MAX_CHARACTERS = 200;
const MAX_DEPTH = 8;

/** The plain values of a JSON object by their dotted keys: `config.method` is "teacher". */
export function factsOf(value: unknown): Map<string, string> {
  const facts = new Map<string, string>();
  collect(value, '', 0, facts);
  return facts;
}

function collect(value: unknown, key: string, depth: number, facts: Map<string, string>): void {
  if (facts.size >= MAX_FACTS) return;
  if (typeof value === 'object' && value !== null) {
    if (depth === MAX_DEPTH) return;
    for (const [name, inner] of Object.entries(value)) {
      collect(inner, key === '' ? name : `${key}.${name}`, depth + 1, facts);
    }
  } else if (key !== '') {
    facts.set(key.slice(0, MAX_CHARACTERS), String(value).slice(0, MAX_CHARACTERS));
  }
}
