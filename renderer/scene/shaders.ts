/** Shared by the lines and the dots of paths: the position of a path at a fractional record. */
const pathPosition = /* glsl */ `
  uniform sampler2D positions;
  uniform int records;

  vec2 recordedPosition(int path, int record) {
    int texel = path * records + record;
    int width = textureSize(positions, 0).x;
    return texelFetch(positions, ivec2(texel % width, texel / width), 0).rg;
  }

  vec2 positionAt(int path, float record) {
    int before = min(int(floor(record)), records - 1);
    int after = min(before + 1, records - 1);
    return mix(recordedPosition(path, before), recordedPosition(path, after), record - float(before));
  }
`;

/**
 * One instance is one path, one vertex one record. Records past the head fall onto it, so that the
 * time shown is a uniform and no geometry changes while it moves.
 */
export const pathLineVertex = /* glsl */ `
  ${pathPosition}
  uniform float head;
  uniform sampler2D colours;
  varying vec3 colour;

  void main() {
    float record = min(float(gl_VertexID), head);
    float share = record / max(1.0, float(records - 1));
    colour = texelFetch(colours, ivec2(int(share * 255.0 + 0.5), 0), 0).rgb;
    gl_Position = projectionMatrix * viewMatrix * vec4(positionAt(gl_InstanceID, record), 0.0, 1.0);
  }
`;

/** The colour that the vertex was given. */
export const flatFragment = /* glsl */ `
  uniform float opacity;
  varying vec3 colour;

  void main() {
    gl_FragColor = vec4(colour, opacity);
    #include <colorspace_fragment>
  }
`;

export const pathHeadVertex = /* glsl */ `
  ${pathPosition}
  uniform float head;
  uniform float sizePx;
  uniform float pixelRatio;

  void main() {
    gl_Position = projectionMatrix * viewMatrix * vec4(positionAt(gl_VertexID, head), 0.0, 1.0);
    gl_PointSize = max(1.0, sizePx * pixelRatio);
  }
`;

export const pointVertex = /* glsl */ `
  uniform float sizePx;
  uniform float pixelRatio;

  void main() {
    gl_Position = projectionMatrix * viewMatrix * vec4(position.xy, 0.0, 1.0);
    gl_PointSize = max(1.0, sizePx * pixelRatio);
  }
`;

/** A disc with an edge one device pixel wide. */
export const discFragment = /* glsl */ `
  uniform vec3 colour;
  uniform float opacity;
  uniform float sizePx;
  uniform float pixelRatio;

  void main() {
    float radiusPx = 0.5 * sizePx * pixelRatio;
    float distancePx = length(gl_PointCoord - 0.5) * 2.0 * radiusPx;
    float inside = clamp(radiusPx - distancePx + 0.5, 0.0, 1.0);
    if (inside <= 0.0) discard;
    gl_FragColor = vec4(colour, opacity * inside);
    #include <colorspace_fragment>
  }
`;

/**
 * An arrow is a shaft and a head. `corner.x` is 0 at the tail, 1 at the neck, 2 at the tip;
 * `corner.y` is the side, 1 for the shaft and 2 for the head. Widths are in pixels at any zoom.
 */
export const arrowVertex = /* glsl */ `
  attribute vec2 corner;
  attribute vec2 origin;
  attribute vec2 vector;
  uniform float scale;
  uniform float longest;
  uniform float unitsPerPx;
  uniform sampler2D colours;
  varying vec3 colour;

  void main() {
    float lengthUnits = length(vector) * scale;
    float lengthPx = lengthUnits / unitsPerPx;
    vec2 along = lengthUnits > 0.0 ? normalize(vector) : vec2(1.0, 0.0);
    vec2 across = vec2(-along.y, along.x);
    float headPx = min(7.0, 0.4 * lengthPx);
    float alongPx = corner.x < 0.5 ? 0.0 : (corner.x < 1.5 ? lengthPx - headPx : lengthPx);
    // A vector too short to be seen as an arrow is drawn thinner, never longer than it is.
    float shaftPx = min(0.75, 0.25 * lengthPx);
    float halfWidthPx = abs(corner.y) > 1.5 ? 0.4 * headPx : shaftPx;
    vec2 offset = along * alongPx + across * sign(corner.y) * halfWidthPx;
    float share = clamp(length(vector) / max(longest, 1e-12), 0.0, 1.0);
    colour = texelFetch(colours, ivec2(int(share * 255.0 + 0.5), 0), 0).rgb;
    gl_Position = projectionMatrix * viewMatrix * vec4(origin + offset * unitsPerPx, 0.0, 1.0);
  }
`;
