import { describe, expect, it } from 'vitest';
import { describedAdapter } from './describe.ts';
import { type Surroundings, thisMachine } from './surroundings.ts';

const GIB = 2 ** 30;

interface Recorded {
  readonly platform?: NodeJS.Platform;
  readonly env?: Record<string, string>;
  readonly files?: Readonly<Record<string, string>>;
  /** What commands said, by their name. */
  readonly said?: Readonly<Record<string, string>>;
}

function machine({ platform = 'linux', env = {}, files = {}, said = {} }: Recorded): Surroundings {
  return {
    platform,
    env,
    memoryBytes: 16 * GIB,
    read: (file) => files[file] ?? null,
    list: (folder) => [
      ...new Set(
        Object.keys(files)
          .filter((file) => file.startsWith(`${folder}/`))
          .map((file) => file.slice(folder.length + 1).split('/')[0]!),
      ),
    ],
    ask: (command) => Promise.resolve(said[command] ?? null),
  };
}

describe('a graphics device on Linux', () => {
  it('of NVIDIA is named by nvidia-smi, with its memory', async () => {
    const said = { 'nvidia-smi': 'NVIDIA GeForce RTX 4090, 24564\nNVIDIA T400, 2048\n' };
    expect(await describedAdapter(machine({ said }))).toEqual({
      name: 'NVIDIA GeForce RTX 4090',
      memoryBytes: 24564 * 2 ** 20,
      isSoftware: false,
    });
  });

  it('of NVIDIA is named by its driver where nvidia-smi is missing', async () => {
    const information = 'Model: \t\t NVIDIA H200\nIRQ:   \t\t 16\nGPU UUID: \t GPU-1\nBus Type: \t PCIe\n';
    const files = { '/proc/driver/nvidia/gpus/0000:01:00.0/information': information };
    expect(await describedAdapter(machine({ files }))).toEqual({
      name: 'NVIDIA H200',
      memoryBytes: null,
      isSoftware: false,
    });
  });

  it('of other makers is the card with the most memory of its own', async () => {
    const files = {
      '/sys/class/drm/card0/device/vendor': '0x8086\n',
      '/sys/class/drm/card0/device/device': '0x46a6\n',
      '/sys/class/drm/card1/device/vendor': '0x1002\n',
      '/sys/class/drm/card1/device/device': '0x744c\n',
      '/sys/class/drm/card1/device/mem_info_vram_total': `${24 * GIB}\n`,
      '/sys/class/drm/card1-DP-1/status': 'connected\n',
    };
    expect(await describedAdapter(machine({ files }))).toEqual({
      name: 'AMD GPU 0x744c',
      memoryBytes: 24 * GIB,
      isSoftware: false,
    });
    const named = { ...files, '/sys/class/drm/card1/device/product_name': 'AMD Radeon RX 7900 XTX\n' };
    expect((await describedAdapter(machine({ files: named }))).name).toBe('AMD Radeon RX 7900 XTX');
  });

  it.each([
    [
      'SwiftShader',
      '/usr/lib/chromium/vk_swiftshader_icd.json',
      '{"ICD":{"library_path":"./libvk_swiftshader.so"}}',
    ],
    ['lavapipe', '/usr/share/vulkan/icd.d/lvp_icd.x86_64.json', '{}'],
    ['SwiftShader', '/opt/mine.json', '{"ICD":{"library_path":"/opt/libvk_swiftshader.so"}}'],
  ])('is %s, which the processor plays, where the environment names its driver', async (name, file, text) => {
    const said = { 'nvidia-smi': 'NVIDIA T400, 2048\n' };
    const software = { name, memoryBytes: 16 * GIB, isSoftware: true };
    for (const variable of ['VK_ICD_FILENAMES', 'VK_DRIVER_FILES']) {
      const env = { [variable]: file };
      expect(await describedAdapter(machine({ env, said, files: { [file]: text } }))).toEqual(software);
    }
  });
});

describe('a graphics device on macOS', () => {
  it('of Apple shares the memory of the machine', async () => {
    const said = {
      system_profiler: JSON.stringify({
        SPDisplaysDataType: [
          {
            _name: 'Apple M2 Pro',
            spdisplays_mtlgpufamilysupport: 'spdisplays_metal3',
            sppci_cores: '19',
            sppci_model: 'Apple M2 Pro',
          },
        ],
      }),
    };
    expect(await describedAdapter(machine({ platform: 'darwin', said }))).toEqual({
      name: 'Apple M2 Pro',
      memoryBytes: 16 * GIB,
      isSoftware: false,
    });
  });

  it('is the one with the most memory where there are two', async () => {
    const said = {
      system_profiler: JSON.stringify({
        SPDisplaysDataType: [
          { sppci_model: 'Intel UHD Graphics 630', spdisplays_vram: '1536 MB' },
          { sppci_model: 'AMD Radeon Pro 5500M', spdisplays_vram: '8 GB' },
        ],
      }),
    };
    expect(await describedAdapter(machine({ platform: 'darwin', said }))).toEqual({
      name: 'AMD Radeon Pro 5500M',
      memoryBytes: 8 * GIB,
      isSoftware: false,
    });
  });
});

describe('a graphics device on Windows', () => {
  const windows = (answer: unknown) =>
    describedAdapter(machine({ platform: 'win32', said: { powershell: JSON.stringify(answer) } }));

  it('says how much memory it has up to 4 GiB, where its 32 bits end', async () => {
    expect(await windows({ Name: 'AMD Radeon(TM) Graphics', AdapterRAM: 536870912 })).toEqual({
      name: 'AMD Radeon(TM) Graphics',
      memoryBytes: 536870912,
      isSoftware: false,
    });
    expect(
      await windows([
        { Name: 'Intel(R) UHD Graphics 770', AdapterRAM: 1073741824 },
        { Name: 'NVIDIA GeForce RTX 4070', AdapterRAM: 4293918720 },
        { Name: 'Microsoft Remote Display Adapter', AdapterRAM: null },
      ]),
    ).toEqual({ name: 'NVIDIA GeForce RTX 4070', memoryBytes: null, isSoftware: false });
  });

  it('may be played by the processor', async () => {
    expect(await windows({ Name: 'Microsoft Basic Display Adapter', AdapterRAM: null })).toMatchObject({
      isSoftware: true,
    });
  });
});

describe('a device that nobody describes', () => {
  const unknown = { name: 'A WebGPU device', memoryBytes: null, isSoftware: false };

  it.each(['linux', 'darwin', 'win32', 'freebsd'] as const)('is still one, on %s', async (platform) => {
    expect(await describedAdapter(machine({ platform }))).toEqual(unknown);
    const said = { 'nvidia-smi': 'Failed to initialize NVML', system_profiler: 'not JSON', powershell: '' };
    expect(await describedAdapter(machine({ platform, said }))).toEqual(unknown);
  });

  it('ends no process and throws nothing on this machine', async () => {
    expect((await describedAdapter(thisMachine)).name).not.toBe('');
    expect(await thisMachine.ask('no-such-command', [])).toBeNull();
    expect([thisMachine.read('/no/such/file'), thisMachine.list('/no/such/folder')]).toEqual([null, []]);
  });
});
