import {
  BufferAttribute,
  BufferGeometry,
  DataTexture,
  DoubleSide,
  FloatType,
  Mesh,
  NearestFilter,
  RedFormat,
} from 'three';
import type { ShaderMaterial } from 'three';
import { ColourTexture, disposeAll, flatMaterial, setUniform, unculled } from './drawing.ts';
import type { Drawing, StageShared } from './drawing.ts';
import type { GridLayer } from './layers.ts';
import { worldSpace } from './shaders.ts';

/** Two triangles over the square. */
const corners = Float32Array.of(0, 0, 1, 0, 1, 1, 0, 0, 1, 1, 0, 1);

const gridVertex = /* glsl */ `
  ${worldSpace}
  attribute vec2 corner;
  uniform float extent;
  varying vec2 place;

  void main() {
    place = corner;
    gl_Position = clipFrom(vec3((2.0 * corner - 1.0) * extent, 0.0), 0.0);
  }
`;

/** Linear between the centres of the cells by hand: not every device filters float textures. */
const gridFragment = /* glsl */ `
  uniform sampler2D grid;
  uniform sampler2D colours;
  uniform vec2 range;
  uniform float opacity;
  varying vec2 place;

  float cellAt(ivec2 cell, int side) {
    return texelFetch(grid, clamp(cell, ivec2(0), ivec2(side - 1)), 0).r;
  }

  void main() {
    int side = textureSize(grid, 0).x;
    vec2 at = place * float(side) - 0.5;
    ivec2 low = ivec2(floor(at));
    vec2 share = at - vec2(low);
    float below = mix(cellAt(low, side), cellAt(low + ivec2(1, 0), side), share.x);
    float above = mix(cellAt(low + ivec2(0, 1), side), cellAt(low + ivec2(1, 1), side), share.x);
    float value = mix(below, above, share.y);
    float level = clamp((value - range.x) / max(range.y - range.x, 1e-12), 0.0, 1.0);
    vec4 colour = texelFetch(colours, ivec2(int(level * 255.0 + 0.5), 0), 0);
    gl_FragColor = vec4(colour.rgb, colour.a * opacity);
    #include <colorspace_fragment>
  }
`;

/** A scalar over the plane as a coloured square: one texture, two triangles. */
export class GridDrawing implements Drawing<GridLayer> {
  readonly objects: readonly [Mesh];
  readonly #shared: StageShared;
  readonly #colours: ColourTexture;
  readonly #geometry = new BufferGeometry();
  readonly #material: ShaderMaterial;
  #values: Float32Array | null = null;
  #texture: DataTexture | null = null;

  constructor(layer: GridLayer, shared: StageShared) {
    this.#shared = shared;
    this.#colours = new ColourTexture(layer.colours, shared);
    this.#geometry.setAttribute('corner', new BufferAttribute(corners, 2));
    this.#geometry.setDrawRange(0, corners.length / 2);
    this.#material = flatMaterial(gridVertex, gridFragment, {
      grid: { value: null },
      colours: this.#colours.uniform,
      range: { value: [0, 1] },
      extent: { value: 1 },
      opacity: { value: 1 },
      space: shared.space,
    });
    this.#material.side = DoubleSide;
    this.objects = [unculled(new Mesh(this.#geometry, this.#material))];
    this.update(layer);
  }

  update(layer: GridLayer): void {
    if (layer.values !== this.#values) this.#send(layer);
    this.#colours.show(layer.colours);
    setUniform(this.#material, 'grid', this.#texture);
    setUniform(this.#material, 'range', [layer.low, layer.high]);
    setUniform(this.#material, 'extent', layer.extent);
    setUniform(this.#material, 'opacity', layer.opacity);
  }

  dispose(): void {
    this.#texture?.dispose();
    this.#colours.dispose();
    disposeAll(this.#geometry, this.#material);
  }

  #send({ values, side }: GridLayer): void {
    this.#values = values;
    this.#texture?.dispose();
    const texture = new DataTexture(values as Float32Array<ArrayBuffer>, side, side, RedFormat, FloatType);
    texture.minFilter = NearestFilter;
    texture.magFilter = NearestFilter;
    texture.needsUpdate = true;
    this.#texture = texture;
    this.#shared.uploads.count += 1;
  }
}
