import { worldSpace } from './shaders.ts';

/** Shared by the lines and the dots of paths: where a path is at a fractional record, and its colour. */
const path = /* glsl */ `
  ${worldSpace}
  uniform sampler2D positions;
  uniform sampler2D times;
  uniform sampler2D groups;
  uniform sampler2D colours;
  uniform int records;
  /** Fractional records between which the lines are drawn; the dots are at the head. */
  uniform float head;
  uniform float tail;
  /** Row of the colours, and the speed at the end of theirs. */
  uniform int colourBy;
  uniform float fastest;

  vec4 texelOf(sampler2D list, int index) {
    int width = textureSize(list, 0).x;
    return texelFetch(list, ivec2(index % width, index / width), 0);
  }

  vec3 recordedPosition(int path, int record) {
    // A texture of two coordinates reads 0 as the third.
    return texelOf(positions, path * records + record).rgb;
  }

  float recordedTime(int record) {
    return texelOf(times, record).r;
  }

  vec4 clipAt(int path, float record) {
    int before = min(int(record), records - 1);
    int after = min(before + 1, records - 1);
    float share = record - float(before);
    vec3 data = recordedPosition(path, before);
    float t = recordedTime(before);
    // Most vertices lie on a record: they need not look at the next.
    if (share > 0.0) {
      data = mix(data, recordedPosition(path, after), share);
      t = mix(t, recordedTime(after), share);
    }
    return clipFrom(data, t);
  }

  /** Between the two records that a moment lies between; at the last record, before it. */
  float speedAt(int path, float record) {
    int before = max(0, min(int(record), records - 2));
    int after = min(before + 1, records - 1);
    float elapsed = abs(recordedTime(after) - recordedTime(before));
    return distance(recordedPosition(path, before), recordedPosition(path, after)) / max(elapsed, 1e-9);
  }

  vec3 colourOf(int path, float record) {
    int texel = 0;
    if (colourBy == 0) {
      int before = min(int(record), records - 1);
      int after = min(before + 1, records - 1);
      float t = mix(recordedTime(before), recordedTime(after), record - float(before));
      texel = int(clamp(1.0 - t, 0.0, 1.0) * 255.0 + 0.5);
    } else if (colourBy == 1) {
      texel = int(clamp(speedAt(path, record) / fastest, 0.0, 1.0) * 255.0 + 0.5);
    } else if (colourBy == 2) {
      float group = texelOf(groups, path).r;
      texel = group < 0.0 ? 0 : 1 + int(group + 0.5) % 255;
    }
    return texelFetch(colours, ivec2(texel, colourBy), 0).rgb;
  }
`;

/** Which path a vertex belongs to: an instance is a block of paths, all of them or those of a list. */
const pathOfVertex = /* glsl */ `
  uniform int shownPaths;
  uniform int blockPaths;
  uniform sampler2D chosen;

  /** -1 past the last path: the last block is seldom full. */
  int pathOf(int vertexInPaths) {
    int ordinal = gl_InstanceID * blockPaths + vertexInPaths;
    if (ordinal >= shownPaths) return -1;
  #ifdef CHOSEN
    return int(texelOf(chosen, ordinal).r + 0.5);
  #else
    return ordinal;
  #endif
  }

  /** Outside of what is drawn. */
  const vec4 nowhere = vec4(2.0, 2.0, 2.0, 1.0);
`;

/**
 * One vertex is one record. Records outside the window fall onto its ends, so that the window is two
 * uniforms and no geometry changes while it moves.
 */
export const pathLineVertex = /* glsl */ `
  ${path}
  ${pathOfVertex}
  varying vec3 shown;
  flat varying int element;

  void main() {
    element = pathOf(gl_VertexID / records);
    shown = vec3(0.0);
    gl_Position = nowhere;
    if (element < 0) return;
    float record = clamp(float(gl_VertexID % records), tail, head);
    shown = colourOf(element, record);
    gl_Position = clipAt(element, record);
  }
`;

/**
 * The same as a ribbon of a width in pixels: two vertices a record, on either side of the line, whose
 * direction is that from the record before to the record after.
 */
export const pathRibbonVertex = /* glsl */ `
  ${path}
  ${pathOfVertex}
  /** CSS pixels. */
  uniform vec2 stagePx;
  uniform float widthPx;
  varying vec3 shown;
  varying float acrossPx;

  vec2 pixelFrom(vec4 clip) {
    return clip.xy / clip.w * 0.5 * stagePx;
  }

  void main() {
    int vertex = gl_VertexID / 2;
    int path = pathOf(vertex / records);
    shown = vec3(0.0);
    acrossPx = 0.0;
    gl_Position = nowhere;
    if (path < 0) return;
    float record = clamp(float(vertex % records), tail, head);
    vec4 clip = clipAt(path, record);
    vec2 before = pixelFrom(clipAt(path, max(tail, record - 1.0)));
    vec2 after = pixelFrom(clipAt(path, min(head, record + 1.0)));
    vec2 along = after - before;
    along = length(along) > 1e-4 ? normalize(along) : vec2(1.0, 0.0);
    float side = gl_VertexID % 2 == 0 ? -1.0 : 1.0;
    // Half a pixel more than the line is wide, for its soft edge.
    acrossPx = side * (0.5 * widthPx + 0.5);
    vec2 offset = vec2(-along.y, along.x) * acrossPx;
    shown = colourOf(path, record);
    gl_Position = clip + vec4(offset / (0.5 * stagePx) * clip.w, 0.0, 0.0);
  }
`;

/** The edge of a ribbon is one CSS pixel soft; one thinner than a pixel is fainter instead. */
export const ribbonFragment = /* glsl */ `
  uniform float opacity;
  uniform float widthPx;
  varying vec3 shown;
  varying float acrossPx;

  void main() {
    float inside = clamp(0.5 * widthPx + 0.5 - abs(acrossPx), 0.0, min(1.0, widthPx));
    gl_FragColor = vec4(shown, opacity * inside);
    #include <colorspace_fragment>
  }
`;

/** One vertex is one path. */
export const pathHeadVertex = /* glsl */ `
  ${path}
  uniform float sizePx;
  uniform float pixelRatio;
  varying vec3 shown;
  flat varying int element;

  void main() {
    element = gl_VertexID;
    shown = colourOf(element, head);
    gl_Position = clipAt(element, head);
    gl_PointSize = max(1.0, sizePx * pixelRatio);
  }
`;
