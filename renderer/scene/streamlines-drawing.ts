import { BufferAttribute, InstancedBufferAttribute, InstancedBufferGeometry, Mesh } from 'three';
import type { ShaderMaterial } from 'three';
import { ColourTexture, disposeAll, flatMaterial, setUniform, unculled } from './drawing.ts';
import type { Drawing, StageShared } from './drawing.ts';
import type { LinesLayer } from './layers.ts';
import { flatFragment, worldSpace } from './shaders.ts';

/** Two triangles: `x` is the end of the piece, `y` the side of it. */
const pieceCorners = Float32Array.of(0, -1, 1, -1, 1, 1, 0, -1, 1, 1, 0, 1);
/** One triangle: `x` is 1 at the tip. */
const headCorners = Float32Array.of(0, -1, 1, 0, 0, 1);

const lineColour = /* glsl */ `
  uniform sampler2D colours;
  uniform float largest;
  varying vec3 shown;

  vec3 colourOf(float value) {
    float share = clamp(value / max(largest, 1e-12), 0.0, 1.0);
    return texelFetch(colours, ivec2(int(share * 255.0 + 0.5), 0), 0).rgb;
  }
`;

/** A place in data units, moved by CSS pixels along and across the way to another on the stage. */
const onStage = /* glsl */ `
  uniform vec2 stagePx;

  vec4 movedPx(vec4 clip, vec4 from, vec4 to, float alongPx, float acrossPx) {
    vec2 way = (to.xy / to.w - from.xy / from.w) * stagePx;
    vec2 along = length(way) > 0.0 ? normalize(way) : vec2(1.0, 0.0);
    vec2 px = along * alongPx + vec2(-along.y, along.x) * acrossPx;
    return clip + vec4(2.0 * px / stagePx * clip.w, 0.0, 0.0);
  }
`;

const pieceVertex = /* glsl */ `
  ${worldSpace}
  ${lineColour}
  ${onStage}
  attribute vec2 corner;
  attribute vec4 piece;
  attribute vec2 value;
  uniform float widthPx;

  void main() {
    vec4 from = clipFrom(vec3(piece.xy, 0.0), 0.0);
    vec4 to = clipFrom(vec3(piece.zw, 0.0), 0.0);
    shown = colourOf(corner.x < 0.5 ? value.x : value.y);
    gl_Position = movedPx(corner.x < 0.5 ? from : to, from, to, 0.0, 0.5 * widthPx * corner.y);
  }
`;

const headVertex = /* glsl */ `
  ${worldSpace}
  ${lineColour}
  ${onStage}
  attribute vec2 corner;
  attribute vec4 head;
  attribute float value;
  uniform float widthPx;

  void main() {
    vec4 place = clipFrom(vec3(head.xy, 0.0), 0.0);
    vec4 next = clipFrom(vec3(head.xy + head.zw, 0.0), 0.0);
    shown = colourOf(value);
    float sizePx = 4.0 + 2.0 * widthPx;
    gl_Position = movedPx(place, place, next, sizePx * (corner.x - 0.5), 0.45 * sizePx * corner.y);
  }
`;

/** Pieces of lines of any width, and heads that point along them: one instanced draw each. */
export class LinesDrawing implements Drawing<LinesLayer> {
  readonly objects: readonly [Mesh, Mesh];
  readonly #shared: StageShared;
  readonly #colours: ColourTexture;
  readonly #materials: readonly [ShaderMaterial, ShaderMaterial];
  #pieces: Float32Array | null = null;
  #heads: Float32Array | null = null;

  constructor(layer: LinesLayer, shared: StageShared) {
    this.#shared = shared;
    this.#colours = new ColourTexture(layer.colours, shared);
    const uniforms = {
      colours: this.#colours.uniform,
      largest: { value: 1 },
      widthPx: { value: 1 },
      opacity: { value: 1 },
      stagePx: shared.stagePx,
      space: shared.space,
    };
    this.#materials = [
      flatMaterial(pieceVertex, flatFragment, uniforms),
      flatMaterial(headVertex, flatFragment, uniforms),
    ];
    this.objects = [
      unculled(new Mesh(new InstancedBufferGeometry(), this.#materials[0])),
      unculled(new Mesh(new InstancedBufferGeometry(), this.#materials[1])),
    ];
    this.update(layer);
  }

  update(layer: LinesLayer): void {
    const [pieces, heads] = this.objects;
    if (layer.pieces !== this.#pieces) {
      this.#pieces = layer.pieces;
      this.#send(pieces, pieceCorners, [
        ['piece', layer.pieces, 4],
        ['value', layer.values, 2],
      ]);
    }
    if (layer.heads !== this.#heads) {
      this.#heads = layer.heads;
      this.#send(heads, headCorners, [
        ['head', layer.heads, 4],
        ['value', layer.headValues, 1],
      ]);
    }
    this.#colours.show(layer.colours);
    for (const material of this.#materials) {
      setUniform(material, 'largest', layer.largest);
      setUniform(material, 'widthPx', layer.width);
      setUniform(material, 'opacity', layer.opacity);
    }
  }

  dispose(): void {
    this.#colours.dispose();
    for (const { geometry } of this.objects) geometry.dispose();
    disposeAll(...this.#materials);
  }

  /** New lines have another number of pieces nearly always, so buffers are made anew. */
  #send(
    mesh: Mesh,
    corners: Float32Array,
    attributes: readonly (readonly [string, Float32Array, number])[],
  ): void {
    mesh.geometry.dispose();
    const geometry = new InstancedBufferGeometry();
    geometry.setAttribute('corner', new BufferAttribute(corners, 2));
    geometry.setDrawRange(0, corners.length / 2);
    for (const [name, values, size] of attributes) {
      geometry.setAttribute(name, new InstancedBufferAttribute(values, size));
      geometry.instanceCount = values.length / size;
      this.#shared.uploads.count += 1;
    }
    mesh.visible = geometry.instanceCount > 0;
    mesh.geometry = geometry;
  }
}
