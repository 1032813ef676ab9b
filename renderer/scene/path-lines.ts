import { BufferAttribute, DoubleSide, InstancedBufferGeometry, LineSegments, Mesh } from 'three';
import type { DataTexture, IUniform, Object3D, ShaderMaterial } from 'three';
import { disposeAll, flatMaterial, idMaterial, inRole, setUniform, unculled } from './drawing.ts';
import { pathLineVertex, pathRibbonVertex, ribbonFragment } from './path-shaders.ts';
import { flatFragment } from './shaders.ts';
import type { Uploads } from './uploads.ts';

interface Shown {
  /** Paths, or chosen ones. */
  count: number;
  records: number;
  opacity: number;
  /** CSS pixels; 0 for the thinnest lines that there are. */
  widthPx: number;
}

/** Paths of one instance: a device takes few large instances better than many small ones. */
const pathsPerBlock = 256;
/** What an index of two bytes reaches. */
const verticesPerBlock = 0x10000;

/**
 * The lines of paths in one instanced draw: thin ones of the device, or ribbons of a width. An
 * instance is a block of paths, all paths or those of a list.
 */
export class PathLines {
  readonly objects: readonly [LineSegments, Mesh];
  readonly #thin: Blocks;
  readonly #ribbon: Blocks;
  readonly #uploads: Uploads;
  readonly #chosen: IUniform<DataTexture | null> = { value: null };
  #pick: LineSegments<InstancedBufferGeometry, ShaderMaterial> | null = null;
  #shown: Shown = { count: 0, records: 1, opacity: 1, widthPx: 0 };

  /** @param kind  `chosen` draws the paths of `choose` */
  constructor(uniforms: Record<string, IUniform>, uploads: Uploads, kind: 'all' | 'chosen') {
    this.#uploads = uploads;
    const shared = { ...uniforms, chosen: this.#chosen, opacity: { value: 1 }, widthPx: { value: 1 } };
    const defines: Record<string, string> = kind === 'chosen' ? { CHOSEN: '' } : {};
    this.#thin = new Blocks(shared, defines, {
      vertex: pathLineVertex,
      fragment: flatFragment,
      corners: thinCorners,
    });
    this.#ribbon = new Blocks(shared, defines, {
      vertex: pathRibbonVertex,
      fragment: ribbonFragment,
      corners: ribbonCorners,
    });
    this.objects = [
      unculled(new LineSegments(this.#thin.geometry, this.#thin.material)),
      unculled(new Mesh(this.#ribbon.geometry, this.#ribbon.material)),
    ];
    if (kind === 'chosen') for (const object of this.objects) inRole(object, 'onTop');
  }

  /** The same lines as ids, thin whatever their width: the pointer need not hit them exactly. */
  pickObject(): Object3D {
    const { count, records } = this.#shown;
    const pick = (this.#pick ??= unculled(
      new LineSegments(this.#thin.geometry, idMaterial(this.#thin.material, pathLineVertex)),
    ));
    pick.visible = count > 0 && records > 1;
    if (pick.visible) this.#uploads.count += this.#thin.show(count, records);
    return pick;
  }

  show(shown: Shown): void {
    this.#shown = shown;
    const { count, records, opacity, widthPx } = shown;
    const isDrawn = count > 0 && records > 1;
    const [thin, ribbon] = this.objects;
    thin.visible = isDrawn && widthPx === 0;
    ribbon.visible = isDrawn && widthPx > 0;
    if (isDrawn) this.#uploads.count += (widthPx > 0 ? this.#ribbon : this.#thin).show(count, records);
    setUniform(this.#thin.material, 'opacity', opacity);
    setUniform(this.#thin.material, 'widthPx', widthPx);
  }

  choose(paths: Uint32Array): void {
    this.#chosen.value?.dispose();
    this.#chosen.value = paths.length > 0 ? this.#uploads.list(Float32Array.from(paths)) : null;
  }

  dispose(): void {
    this.#chosen.value?.dispose();
    this.#thin.dispose();
    this.#ribbon.dispose();
    this.#pick?.material.dispose();
  }
}

/** How one record after another is joined: corners of a piece, of so many vertices a record. */
interface Corners {
  readonly perRecord: number;
  /** From the first vertex of the record at which the piece begins. */
  readonly offsets: readonly number[];
}

const thinCorners: Corners = { perRecord: 1, offsets: [0, 1] };
/** Two triangles; a record has a vertex on either side of the line. */
const ribbonCorners: Corners = { perRecord: 2, offsets: [0, 1, 2, 2, 1, 3] };

/** A geometry without positions: blocks of paths, whose vertices know path and record by number. */
class Blocks {
  readonly geometry = new InstancedBufferGeometry();
  readonly material: ShaderMaterial;
  readonly #corners: Corners;
  readonly #own = { shownPaths: { value: 0 }, blockPaths: { value: 1 } };
  #records = 0;

  constructor(
    uniforms: Record<string, IUniform>,
    defines: Record<string, string>,
    { vertex, fragment, corners }: { vertex: string; fragment: string; corners: Corners },
  ) {
    this.#corners = corners;
    this.material = flatMaterial(vertex, fragment, { ...uniforms, ...this.#own }, defines);
    this.material.side = DoubleSide;
  }

  /** @returns uploads that it took: one where the number of records is another */
  show(count: number, records: number): number {
    const { perRecord } = this.#corners;
    const most = Math.floor(verticesPerBlock / (records * perRecord));
    const block = Math.max(1, Math.min(pathsPerBlock, most));
    this.geometry.instanceCount = Math.ceil(count / block);
    this.#own.shownPaths.value = count;
    this.#own.blockPaths.value = block;
    if (records === this.#records) return 0;
    this.#records = records;
    this.geometry.setIndex(new BufferAttribute(indicesOf(block, records, this.#corners), 1));
    return 1;
  }

  dispose(): void {
    disposeAll(this.geometry, this.material);
  }
}

function indicesOf(block: number, records: number, { perRecord, offsets }: Corners): Uint16Array {
  const indices = new Uint16Array(block * (records - 1) * offsets.length);
  let at = 0;
  for (let path = 0; path < block; path += 1) {
    for (let k = 0; k + 1 < records; k += 1) {
      for (const offset of offsets) indices[at++] = (path * records + k) * perRecord + offset;
    }
  }
  return indices;
}
