/** What `fewstep bench --help` says: how to measure, and how to time another program for comparison. */
import { DEVICE_WORKLOADS, WORKLOADS } from '../../engine/bench/workloads.ts';

export const BENCH_HELP = `fewstep bench [flags]: milliseconds, TFLOP/s and bytes of a training step

  --only NAME            workloads whose names contain NAME, or one of any size by its whole name
  --steps N              steps that are timed, after some that warm up [30]
  --executor ID          ort-cpu, ort-webgpu, tensorflow or reference [ort-cpu]
  --precision P          float32 or float16 [float32]
  --home FOLDER          data folder, where installed engines lie
  --where                where the time goes: upload, dispatch, kernels, readback, and the longest kernels,
                         from ONNX Runtime's profile (ort-cpu and ort-webgpu)
  --peers FILE           ratios to the times of other programs, see below
  --write                the processor and, where there is one, the graphics device, each with where the
                         time goes, into BENCHMARKS.md; --peers is then of the processor
  --device-peers FILE    with --write: times of other programs on the graphics device

Workloads [${WORKLOADS.join(' ')};
with --write on a graphics device ${DEVICE_WORKLOADS.join(' ')}]

  mlp-BxH    Flow matching of B points: t in [0, 1], x_t = (1-t) x0 + t n, mean squared error of v = n - x0.
             Network: [x (2), embedding of t (64)] -> H -> H -> H -> 2 with SiLU; the embedding is cos and
             sin of 1000 t f_i, f_i = 10000^(-i/32). Adam (1e-3, 0.9, 0.999, 1e-8), EMA 0.999.
  drift-N    Drifting of N generated against N data points, temperature 0.05, own points masked.
             Network 32 -> 256 -> 256 -> 256 -> 2 with SiLU; loss mean (x - sg(x + V))^2. Adam, no EMA.
  dit-B      DiT with adaLN-zero blocks on B images of 16 tokens of 4 numbers: width 128, depth 4, 4 heads,
             MLP ratio 4, 11 classes; the same loss, AdamW (1e-3, decay 0.01), EMA 0.999.
  dit-BxWxD  The same of width W and depth D on 64 tokens, heads of 64 numbers.

The file of --peers is JSON: milliseconds per step by workload and peer, under names of your own.

  {"mlp-256x64": {"torch": 1.31, "torch.compile": 0.88}, "dit-64": {"torch": 96.2}}

Time whole steps, gradients and optimiser included, in float32 on the same device: draw inputs once, warm up,
wait for the device by reading the loss, and take the median. Compare what was measured in the same minutes.`;
