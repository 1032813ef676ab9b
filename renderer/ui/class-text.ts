/** Of the classes, in their order; undefined where they have no names. */
export type ClassNames = readonly string[] | undefined;

/** What a class is called, or its index. */
export function nameOfClass(names: ClassNames, label: number): string {
  return names?.[label] ?? String(label);
}

/** `class dogs`, or `class 3`. */
export function classText(names: ClassNames, label: number): string {
  return `class ${nameOfClass(names, label)}`;
}
