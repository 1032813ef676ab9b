/** World from data: the plane, and across it the third coordinate or time. The same as `depthFrom`. */
export const worldSpace = /* glsl */ `
  /** Share of the third coordinate, and half the length of the time axis. */
  uniform vec2 space;

  vec4 clipFrom(vec3 data, float t) {
    return projectionMatrix * vec4(data.xy, space.x * data.z + space.y * (1.0 - 2.0 * t), 1.0);
  }
`;

export const pointVertex = /* glsl */ `
  ${worldSpace}
  uniform float t;
  uniform float sizePx;
  uniform float pixelRatio;
  uniform vec3 colour;
  varying vec3 shown;
  flat varying int element;

  void main() {
    shown = colour;
    element = gl_VertexID;
    gl_Position = clipFrom(position, t);
    gl_PointSize = max(1.0, sizePx * pixelRatio);
  }
`;

/** A disc with an edge one device pixel wide, and a ring around it where `ringPx` is not 0. */
export const discFragment = /* glsl */ `
  uniform float opacity;
  uniform float sizePx;
  uniform float pixelRatio;
  uniform float ringPx;
  uniform vec3 ringColour;
  varying vec3 shown;

  void main() {
    float radiusPx = 0.5 * max(1.0, sizePx * pixelRatio);
    float distancePx = length(gl_PointCoord - 0.5) * 2.0 * radiusPx;
    float inside = clamp(radiusPx - distancePx + 0.5, 0.0, 1.0);
    if (inside <= 0.0) discard;
    float ring = clamp(distancePx - (radiusPx - ringPx * pixelRatio) + 0.5, 0.0, 1.0);
    vec3 disc = ringPx > 0.0 ? mix(shown, ringColour, ring) : shown;
    gl_FragColor = vec4(disc, opacity * inside);
    #include <colorspace_fragment>
  }
`;

/** The colour that the vertex was given. */
export const flatFragment = /* glsl */ `
  uniform float opacity;
  varying vec3 shown;

  void main() {
    gl_FragColor = vec4(shown, opacity);
    #include <colorspace_fragment>
  }
`;

/** The number of the element and the drawing's tag, as `idFrom` of picking.ts reads them. */
export const idFragment = /* glsl */ `
  uniform int tag;
  flat varying int element;

  void main() {
    ivec4 bytes = ivec4(element & 255, (element >> 8) & 255, (element >> 16) & 255, tag);
    gl_FragColor = vec4(bytes) / 255.0;
  }
`;

/**
 * An arrow is a shaft and a head. `corner.x` is 0 at the tail, 1 at the neck, 2 at the tip;
 * `corner.y` is the side, 1 for the shaft and 2 for the head. Widths are in pixels at any zoom.
 */
export const arrowVertex = /* glsl */ `
  ${worldSpace}
  attribute vec2 corner;
  attribute vec3 origin;
  attribute vec3 vector;
  uniform float scale;
  uniform float longest;
  uniform float unitsPerPx;
  uniform sampler2D colours;
  varying vec3 shown;

  void main() {
    float lengthUnits = length(vector.xy) * scale;
    float lengthPx = lengthUnits / unitsPerPx;
    vec2 along = lengthUnits > 0.0 ? normalize(vector.xy) : vec2(1.0, 0.0);
    vec2 across = vec2(-along.y, along.x);
    float headPx = min(7.0, 0.4 * lengthPx);
    float alongPx = corner.x < 0.5 ? 0.0 : (corner.x < 1.5 ? lengthPx - headPx : lengthPx);
    // A vector too short to be seen as an arrow is drawn thinner, never longer than it is.
    float shaftPx = min(0.75, 0.25 * lengthPx);
    float halfWidthPx = abs(corner.y) > 1.5 ? 0.4 * headPx : shaftPx;
    vec2 offset = along * alongPx + across * sign(corner.y) * halfWidthPx;
    float share = clamp(length(vector.xy) / max(longest, 1e-12), 0.0, 1.0);
    shown = texelFetch(colours, ivec2(int(share * 255.0 + 0.5), 0), 0).rgb;
    gl_Position = clipFrom(origin + vec3(offset * unitsPerPx, 0.0), 0.0);
  }
`;
