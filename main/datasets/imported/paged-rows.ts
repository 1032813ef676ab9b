/** Rows of a file, read when they are asked for: a data set may be larger than memory. */
import fs from 'node:fs';
import { WorkbenchError } from '#contract/errors.ts';

/** Where the rows lie. */
interface RowLayout {
  /** Byte of the file at which the first row begins. */
  readonly start: number;
  readonly rowBytes: number;
  readonly count: number;
}

interface CacheLimits {
  /** Bytes that are read at once, at least one row. */
  readonly pageBytes: number;
  /** Bytes of all pages that are kept; one page is kept in any case. */
  readonly cacheBytes: number;
}

const LIMITS: CacheLimits = { pageBytes: 64 * 1024, cacheBytes: 128 * 2 ** 20 };

/** A data set that is forgotten gives its file back when nothing trains on it any more. */
const forgotten = new FinalizationRegistry((handle: number) => fs.closeSync(handle));

export class PagedRows {
  readonly count: number;
  private readonly file: string;
  private readonly layout: RowLayout;
  private readonly rowsPerPage: number;
  private readonly mostPages: number;
  /** Page by its number; those asked for last stand last. */
  private readonly pages = new Map<number, Uint8Array>();
  private handle: number | null = null;

  /** @param file  opened at the first row that is asked for, so that data sets nobody uses cost nothing */
  constructor(file: string, layout: RowLayout, limits: Partial<CacheLimits> = {}) {
    const { pageBytes, cacheBytes } = { ...LIMITS, ...limits };
    this.file = file;
    this.layout = layout;
    this.count = layout.count;
    this.rowsPerPage = Math.max(1, Math.floor(pageBytes / layout.rowBytes));
    this.mostPages = Math.max(1, Math.floor(cacheBytes / (this.rowsPerPage * layout.rowBytes)));
  }

  /** Bytes of row `i`: a view that stays as it is. @throws WorkbenchError `dataset/damaged` */
  row(i: number): Uint8Array {
    const { rowBytes } = this.layout;
    const number = Math.floor(i / this.rowsPerPage);
    let page = this.pages.get(number);
    if (page === undefined) {
      page = this.read(number);
      if (this.pages.size >= this.mostPages) this.pages.delete(this.pages.keys().next().value!);
    } else this.pages.delete(number);
    this.pages.set(number, page);
    const start = (i % this.rowsPerPage) * rowBytes;
    return page.subarray(start, start + rowBytes);
  }

  /** Pages that are held now. */
  get held(): number {
    return this.pages.size;
  }

  private read(number: number): Uint8Array {
    const { start, rowBytes, count } = this.layout;
    const first = number * this.rowsPerPage;
    const page = new Uint8Array(Math.min(this.rowsPerPage, count - first) * rowBytes);
    try {
      this.handle ??= this.open();
      for (let done = 0; done < page.length;) {
        const place = start + first * rowBytes + done;
        const read = fs.readSync(this.handle, page, done, page.length - done, place);
        if (read === 0) throw new Error('the end of the file');
        done += read;
      }
    } catch (error) {
      throw new WorkbenchError(
        'dataset/damaged',
        `${this.file}: expected ${count} rows of ${rowBytes} bytes, found ${(error as Error).message}`,
        { file: this.file },
      );
    }
    return page;
  }

  private open(): number {
    const handle = fs.openSync(this.file, 'r');
    forgotten.register(this, handle);
    return handle;
  }
}
