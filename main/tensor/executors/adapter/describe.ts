/**
 * The graphics device that WebGPU finds, as the system names it: the binding of ONNX Runtime tells
 * nothing of it. Where there are several it takes the one for high performance, so that is looked for.
 */
import path from 'node:path';
import type { Described } from './described.ts';
import { linuxDevice } from './linux.ts';
import { type Surroundings, thisMachine } from './surroundings.ts';

const SOFTWARE: readonly (readonly [sign: RegExp, name: string])[] = [
  [/swiftshader/i, 'SwiftShader'],
  [/lvp|lavapipe|llvmpipe/i, 'lavapipe'],
];
/** AdapterRAM has 32 bits: what is at its end may be anything above. */
const LARGEST_ADAPTER_RAM = 2 ** 32 - 2 ** 20;

/** Never throws: a device that nobody describes is called after its interface. */
export async function describedAdapter(machine: Surroundings = thisMachine): Promise<Described> {
  const described = chosenDriver(machine) ?? (await systemDevice(machine).catch(() => null));
  return described ?? { name: 'A WebGPU device', memoryBytes: null, isSoftware: false };
}

/** A driver that the environment names, if it is one that the processor plays. */
function chosenDriver({ env, memoryBytes, read, platform }: Surroundings): Described | null {
  const list = env['VK_DRIVER_FILES'] ?? env['VK_ICD_FILENAMES'] ?? '';
  const file = list.split(platform === 'win32' ? ';' : ':')[0]!;
  if (file === '') return null;
  const text = `${path.basename(file)} ${read(file) ?? ''}`;
  const name = SOFTWARE.find(([sign]) => sign.test(text))?.[1];
  return name === undefined ? null : { name, memoryBytes, isSoftware: true };
}

async function systemDevice(machine: Surroundings): Promise<Described | null> {
  if (machine.platform === 'darwin') return macDevice(machine);
  return machine.platform === 'win32' ? windowsDevice(machine) : linuxDevice(machine);
}

interface MacDisplays {
  readonly SPDisplaysDataType?: readonly Readonly<Record<string, unknown>>[];
}

async function macDevice({ ask, memoryBytes }: Surroundings): Promise<Described | null> {
  const text = await ask('system_profiler', ['SPDisplaysDataType', '-json']);
  if (text === null) return null;
  const found = ((JSON.parse(text) as MacDisplays).SPDisplaysDataType ?? []).map((entry) => {
    const { sppci_model: model, _name: other } = entry;
    const name = [model, other].find((each) => typeof each === 'string') ?? '';
    const memory = entry['spdisplays_vram'];
    // Apple's own share the memory of the machine and name none.
    return { name, memoryBytes: typeof memory === 'string' ? bytesOfText(memory) : memoryBytes };
  });
  return largest(found);
}

async function windowsDevice({ ask }: Surroundings): Promise<Described | null> {
  const query =
    'Get-CimInstance Win32_VideoController | Select-Object Name,AdapterRAM | ConvertTo-Json -Compress';
  const text = await ask('powershell', ['-NoProfile', '-NonInteractive', '-Command', query]);
  if (text === null) return null;
  const parsed = JSON.parse(text) as unknown;
  const entries = (Array.isArray(parsed) ? parsed : [parsed]) as { Name?: string; AdapterRAM?: number }[];
  const found = entries.map(({ Name = '', AdapterRAM: memory }) => ({
    name: Name,
    memoryBytes: memory === undefined || memory === null || memory >= LARGEST_ADAPTER_RAM ? null : memory,
  }));
  const device = largest(found.filter(({ name }) => !/Remote|Virtual Display/i.test(name)));
  return device === null ? null : { ...device, isSoftware: /Microsoft Basic/i.test(device.name) };
}

/** The one with the most memory; one that has too much to say how much, before all. */
function largest(found: readonly { name: string; memoryBytes: number | null }[]): Described | null {
  const named = found.filter(({ name }) => name !== '');
  const [first] = named.toSorted((a, b) => (b.memoryBytes ?? Infinity) - (a.memoryBytes ?? Infinity));
  return first === undefined ? null : { ...first, isSoftware: false };
}

/** `8 GB`, `1536 MB`. */
function bytesOfText(text: string): number | null {
  const match = /([\d.]+)\s*([KMGT])i?B/i.exec(text);
  if (match === null) return null;
  return Number(match[1]) * 1024 ** ('KMGT'.indexOf(match[2]!.toUpperCase()) + 1);
}
