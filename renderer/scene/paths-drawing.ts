import { BufferGeometry, Points } from 'three';
import type { Object3D, ShaderMaterial } from 'three';
import { ChosenPoints } from './chosen-points.ts';
import {
  chosenRingPx,
  ColourTexture,
  dimmedShare,
  disc,
  flatMaterial,
  idMaterial,
  inRole,
  setUniform,
  unculled,
} from './drawing.ts';
import type { Drawing, StageShared } from './drawing.ts';
import type { PathsLayer } from './layers.ts';
import { indexFromTime } from './packing.ts';
import { rowOf } from './path-colours.ts';
import { PathLines } from './path-lines.ts';
import { pathHeadVertex } from './path-shaders.ts';
import { PathTexture } from './path-texture.ts';
import { discFragment } from './shaders.ts';

/** Lines and dots of what is picked, against those of all. */
const chosenHeadScale = 2;
const chosenWidthPx = 2.25;
/** More picked paths than this are drawn as thin lines: single ones are not told apart any more. */
const wideUpTo = 512;

/** So many dots are drawn in any detail: they are what moves. */
const dotsAtLeast = 20_000;

/** All paths in two draws, lines and dots, from one texture; two more for those that are picked. */
export class PathsDrawing implements Drawing<PathsLayer> {
  readonly objects: readonly Object3D[];
  readonly #shared: StageShared;
  readonly #texture: PathTexture;
  readonly #colours: ColourTexture;
  readonly #lines: PathLines;
  readonly #chosenLines: PathLines;
  readonly #headGeometry = new BufferGeometry();
  readonly #heads: Points;
  readonly #headMaterial: ShaderMaterial;
  readonly #chosenHeads: ChosenPoints;
  readonly #chosenHeadMaterial: ShaderMaterial;
  readonly #window = { head: { value: 0 }, tail: { value: 0 } };
  readonly #rule = { colourBy: { value: 0 }, fastest: { value: 1 } };
  #pickHeads: Points<BufferGeometry, ShaderMaterial> | null = null;
  #layer: PathsLayer;
  #stageTime = 0;
  #chosen = new Uint32Array();
  #others: 'normal' | 'dimmed' = 'normal';
  #detail = 1;

  constructor(layer: PathsLayer, shared: StageShared) {
    this.#shared = shared;
    this.#layer = layer;
    this.#texture = new PathTexture(shared.uploads, () => this.#arrange());
    this.#colours = new ColourTexture(layer.colours, shared);
    const uniforms = {
      ...this.#texture.uniforms,
      ...this.#window,
      space: shared.space,
      stagePx: shared.stagePx,
      colours: this.#colours.uniform,
      ...this.#rule,
    };
    this.#lines = new PathLines(uniforms, shared.uploads, 'all');
    this.#chosenLines = new PathLines(uniforms, shared.uploads, 'chosen');
    this.#headMaterial = flatMaterial(pathHeadVertex, discFragment, { ...uniforms, ...disc(shared, 0) });
    this.#chosenHeadMaterial = flatMaterial(pathHeadVertex, discFragment, {
      ...uniforms,
      ...disc(shared, chosenRingPx),
    });
    this.#heads = unculled(new Points(this.#headGeometry, this.#headMaterial));
    this.#chosenHeads = new ChosenPoints(this.#chosenHeadMaterial);
    this.objects = [
      ...this.#lines.objects,
      this.#heads,
      ...this.#chosenLines.objects,
      this.#chosenHeads.object,
    ];
    this.update(layer);
  }

  update(layer: PathsLayer): void {
    this.#layer = layer;
    this.#texture.show(layer);
    this.#colours.show(layer.colours);
    this.#arrange();
  }

  setTime(t: number): void {
    this.#stageTime = t;
    this.#moveWindow();
  }

  emphasise(chosen: Uint32Array, others: 'normal' | 'dimmed'): void {
    this.#chosen = chosen.filter((path) => path < this.#layer.count);
    this.#others = others;
    this.#chosenLines.choose(this.#chosen);
    if (this.#chosenHeads.choose(this.#chosen)) this.#shared.uploads.count += 1;
    this.#arrange();
  }

  segments(): number {
    return Math.min(this.#texture.count, this.#layer.count) * Math.max(0, this.#texture.times.length - 1);
  }

  setDetail(share: number): void {
    if (share === this.#detail) return;
    this.#detail = share;
    this.#arrange();
  }

  pickObjects(): readonly Object3D[] {
    const heads = (this.#pickHeads ??= unculled(
      new Points(this.#headGeometry, idMaterial(this.#headMaterial, pathHeadVertex)),
    ));
    heads.visible = this.#heads.visible;
    return [this.#lines.pickObject(), heads];
  }

  dispose(): void {
    this.#texture.dispose();
    this.#colours.dispose();
    this.#lines.dispose();
    this.#chosenLines.dispose();
    this.#headGeometry.dispose();
    this.#headMaterial.dispose();
    this.#chosenHeads.dispose();
    this.#chosenHeadMaterial.dispose();
    this.#pickHeads?.material.dispose();
  }

  #moveWindow(): void {
    const { t, tail } = this.#layer;
    const { times } = this.#texture;
    const at = t ?? this.#stageTime;
    this.#window.head.value = indexFromTime(times, at);
    this.#window.tail.value = tail >= 1 ? 0 : indexFromTime(times, Math.min(1, at + tail));
  }

  /** Puts everything that is not an array into place; sends nothing. */
  #arrange(): void {
    const layer = this.#layer;
    const count = Math.min(this.#texture.count, layer.count);
    const records = this.#texture.times.length;
    this.#moveWindow();
    const share = this.#others === 'dimmed' ? dimmedShare : 1;
    this.#lines.show({
      count: Math.ceil(count * this.#detail),
      records,
      opacity: share * opacityAt(this.#detail, layer.opacity),
      widthPx: layer.lineWidth,
    });
    const chosen = this.#chosen.length;
    this.#chosenLines.show({
      count: count === 0 ? 0 : chosen,
      records,
      opacity: chosen > wideUpTo ? Math.min(1, 2.5 * layer.opacity) : 1,
      widthPx: chosen > wideUpTo ? 0 : chosenWidthPx,
    });
    this.#headGeometry.setDrawRange(0, Math.min(count, Math.max(dotsAtLeast, count * this.#detail)));
    this.#heads.visible = count > 0 && layer.headSize > 0;
    this.#chosenHeads.object.visible = count > 0 && chosen > 0;
    // A path of one record is its dot.
    const headOpacity = records > 1 ? (layer.headOpacity ?? 1) : layer.opacity;
    inRole(this.#heads, headOpacity < 1 ? 'plain' : 'solid');
    setUniform(this.#headMaterial, 'opacity', share * headOpacity);
    setUniform(this.#headMaterial, 'sizePx', layer.headSize);
    setUniform(this.#chosenHeadMaterial, 'sizePx', Math.max(7, chosenHeadScale * layer.headSize));
    this.#rule.colourBy.value = rowOf(layer.colourBy);
    this.#rule.fastest.value = Math.max(1e-9, layer.fastest);
  }
}

/** Fewer lines are each stronger, so that their density stays about what it was. */
function opacityAt(detail: number, opacity: number): number {
  return Math.max(opacity, Math.min(0.5, 1 - (1 - opacity) ** (1 / detail)));
}
