import { ortWebGpuExecutor } from '../tensor/executors/webgpu.ts';
import { executorSuite } from './testing/executor-suite.ts';

executorSuite('ort-webgpu', ortWebGpuExecutor);
