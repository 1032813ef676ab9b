import { createContext } from 'svelte';
import { MediaQuery, SvelteSet } from 'svelte/reactivity';
import { z } from 'zod';

export type Side = 'left' | 'right';
const sectionIds = ['runs', 'data', 'teachers', 'demos', 'reproductions'] as const;
export type SectionId = (typeof sectionIds)[number];

/** Below this the columns are drawers that lie over the stage. */
const narrowBelow = 1000;
const storageKey = 'fewstep.layout';

export const columnLimits = {
  left: { least: 168, most: 480 },
  right: { least: 264, most: 640 },
} as const satisfies Record<Side, { least: number; most: number }>;

/** Widths for windows below 1200 pixels, from there, from 1600, from 2200 and from 3200. */
const suited = {
  left: [212, 232, 260, 300, 380],
  right: [296, 340, 360, 420, 520],
} as const satisfies Record<Side, readonly number[]>;

const width = (side: Side) =>
  z.number().min(columnLimits[side].least).max(columnLimits[side].most).nullable().catch(null);
const stored = z.object({
  left: width('left'),
  right: width('right'),
  isLeftOpen: z.boolean().catch(true),
  isRightOpen: z.boolean().catch(true),
  /** The claims are a long list that most look at on the stage. */
  folded: z.array(z.enum(sectionIds)).catch(['reproductions']),
});

/** How wide the columns are, and what of them is open; it is the same again in the next window. */
export class Layout {
  /** Widths that a person set, pixels; null for what suits the window. */
  #left = $state<number | null>(null);
  #right = $state<number | null>(null);
  #isLeftOpen = $state(true);
  #isRightOpen = $state(true);
  /** The drawer that is out in a narrow window. */
  #drawer = $state<Side | null>(null);
  readonly #folded = new SvelteSet<SectionId>();
  readonly #narrow = new MediaQuery(`width < ${narrowBelow}px`);
  readonly #tight = new MediaQuery('width < 1200px');
  readonly #wide = new MediaQuery('width >= 1600px');
  readonly #wider = new MediaQuery('width >= 2200px');
  readonly #widest = new MediaQuery('width >= 3200px');
  readonly isNarrow = $derived(this.#narrow.current);

  constructor() {
    const { left, right, isLeftOpen, isRightOpen, folded } = readStored();
    this.#left = left;
    this.#right = right;
    this.#isLeftOpen = isLeftOpen;
    this.#isRightOpen = isRightOpen;
    for (const section of folded) this.#folded.add(section);
  }

  width(side: Side): number {
    const own = side === 'left' ? this.#left : this.#right;
    if (own !== null) return own;
    const [tight, usual, wide, wider, widest] = suited[side];
    if (this.#tight.current && !this.isNarrow) return tight;
    if (this.#widest.current) return widest;
    return this.#wider.current ? wider : this.#wide.current ? wide : usual;
  }

  /** Sets a width, or with null goes back to what suits the window. */
  resize(side: Side, pixels: number | null): void {
    const { least, most } = columnLimits[side];
    const own = pixels === null ? null : Math.round(Math.min(most, Math.max(least, pixels)));
    if (side === 'left') this.#left = own;
    else this.#right = own;
    this.#store();
  }

  isOpen(side: Side): boolean {
    if (this.isNarrow) return this.#drawer === side;
    return side === 'left' ? this.#isLeftOpen : this.#isRightOpen;
  }

  open(side: Side): void {
    this.#set(side, true);
  }

  toggle(side: Side): void {
    this.#set(side, !this.isOpen(side));
  }

  /** Puts the drawers of a narrow window away. */
  closeDrawers(): void {
    this.#drawer = null;
  }

  isFolded(section: SectionId): boolean {
    return this.#folded.has(section);
  }

  fold(section: SectionId, isFolded: boolean): void {
    if (isFolded) this.#folded.add(section);
    else this.#folded.delete(section);
    this.#store();
  }

  #set(side: Side, isOpen: boolean): void {
    if (this.isNarrow) {
      this.#drawer = isOpen ? side : null;
      return;
    }
    if (side === 'left') this.#isLeftOpen = isOpen;
    else this.#isRightOpen = isOpen;
    this.#store();
  }

  #store(): void {
    const layout: z.infer<typeof stored> = {
      left: this.#left,
      right: this.#right,
      isLeftOpen: this.#isLeftOpen,
      isRightOpen: this.#isRightOpen,
      folded: [...this.#folded],
    };
    try {
      localStorage.setItem(storageKey, JSON.stringify(layout));
    } catch {
      // Storage is refused in some private windows: the layout then lasts as long as the window.
    }
  }
}

function readStored(): z.infer<typeof stored> {
  try {
    return stored.parse(JSON.parse(localStorage.getItem(storageKey) ?? '{}'));
  } catch {
    return stored.parse({});
  }
}

const [useLayout, provideLayout] = createContext<Layout>();
export { provideLayout, useLayout };
