/** Of matrix products and convolutions; parameters, their updates and all else are float32. */
export type Precision = 'float32' | 'float16';
