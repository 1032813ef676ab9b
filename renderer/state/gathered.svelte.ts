/** How long new values may wait before readers hear of them. */
const calmMs = 100;

/**
 * Values by name that come fast and are looked at calmly: who reads them is told of new ones every 100 ms,
 * so that a list of thousands is not laid out anew for each.
 */
export class Gathered<V> {
  readonly #values = new Map<string, V>();
  #version = $state(0);
  #timer: ReturnType<typeof setTimeout> | undefined;

  get size(): number {
    void this.#version;
    return this.#values.size;
  }

  get(name: string): V | undefined {
    void this.#version;
    return this.#values.get(name);
  }

  values(): V[] {
    void this.#version;
    return [...this.#values.values()];
  }

  /** Whether it is there already, also if readers have not been told; follows nothing. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  put(name: string, value: V): void {
    this.#values.set(name, value);
    this.#timer ??= setTimeout(() => this.publish(), calmMs);
  }

  /** Tells readers at once. */
  publish(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#version += 1;
  }
}
