/** A = V diag(values) V' with orthonormal columns in V. */
interface SymmetricEigen {
  /** [d], in no particular order */
  values: Float64Array;
  /** [d, d] row-major; column c belongs to values[c] */
  vectors: Float64Array;
}

/** Quadratic convergence ends well before this: about ten sweeps at d = 100. */
const MAX_SWEEPS = 60;

/**
 * Eigendecomposition of a symmetric matrix by cyclic Jacobi rotations (Golub and Van Loan, 8.5).
 *
 * O(d^3) per sweep: meant for d up to a few hundred. Accurate to a few ulps of the largest eigenvalue.
 *
 * @param matrix [d, d] row-major, symmetric; left as it is
 */
export function symmetricEigen(matrix: Float64Array, d: number): SymmetricEigen {
  const a = matrix.slice();
  const vectors = new Float64Array(d * d);
  for (let i = 0; i < d; i++) vectors[i * d + i] = 1;
  const norm = Math.sqrt(a.reduce((sum, value) => sum + value * value, 0));
  const threshold = Number.EPSILON * norm;
  for (let sweep = 0; sweep < MAX_SWEEPS && largestOffDiagonal(a, d) > threshold; sweep++) {
    for (let p = 0; p < d; p++) {
      for (let q = p + 1; q < d; q++) rotate(a, vectors, d, p, q);
    }
  }
  return { values: Float64Array.from({ length: d }, (_, i) => a[i * d + i]!), vectors };
}

function largestOffDiagonal(a: Float64Array, d: number): number {
  let largest = 0;
  for (let p = 0; p < d; p++) {
    for (let q = p + 1; q < d; q++) largest = Math.max(largest, Math.abs(a[p * d + q]!));
  }
  return largest;
}

/** One Jacobi rotation in the (p, q) plane: zeroes a_pq, accumulates the rotation into `vectors`. */
function rotate(a: Float64Array, vectors: Float64Array, d: number, p: number, q: number): void {
  const apq = a[p * d + q]!;
  if (apq === 0) return;
  const app = a[p * d + p]!;
  const aqq = a[q * d + q]!;
  const theta = (aqq - app) / (2 * apq);
  // The smaller root of t^2 + 2 theta t - 1, by the formula that does not cancel.
  const tangent = (theta < 0 ? -1 : 1) / (Math.abs(theta) + Math.hypot(theta, 1));
  const cosine = 1 / Math.hypot(tangent, 1);
  const sine = tangent * cosine;
  for (let i = 0; i < d; i++) {
    const aip = a[i * d + p]!;
    const aiq = a[i * d + q]!;
    a[i * d + p] = cosine * aip - sine * aiq;
    a[i * d + q] = sine * aip + cosine * aiq;
  }
  for (let i = 0; i < d; i++) {
    const api = a[p * d + i]!;
    const aqi = a[q * d + i]!;
    a[p * d + i] = cosine * api - sine * aqi;
    a[q * d + i] = sine * api + cosine * aqi;
  }
  a[p * d + p] = app - tangent * apq;
  a[q * d + q] = aqq + tangent * apq;
  a[p * d + q] = 0;
  a[q * d + p] = 0;
  for (let i = 0; i < d; i++) {
    const vip = vectors[i * d + p]!;
    const viq = vectors[i * d + q]!;
    vectors[i * d + p] = cosine * vip - sine * viq;
    vectors[i * d + q] = sine * vip + cosine * viq;
  }
}
