import '@fontsource-variable/inter/wght.css';
import '@fontsource-variable/jetbrains-mono/wght.css';
import 'katex/dist/katex.css';
import 'uplot/dist/uPlot.min.css';
import './theme/tokens.css';
import './theme/base.css';
import { mount } from 'svelte';
import { z } from 'zod';
import type { Port } from '#contract/rpc/port.ts';
import { portFromWebSocket } from '#contract/rpc/websocket-port.ts';
import App from './App.svelte';
import { desktopBridge, openDesktopPort } from './state/desktop.svelte.ts';

// zod would compile its parsers with `new Function`, which the page's policy forbids.
z.config({ jitless: true });

const target = document.getElementById('app');
if (target === null) throw new Error('Expected an element with the id "app" in index.html');

mount(App, { target, props: { openPort } });

/** The desktop app hands over a wire to its engine; in a browser the engine is where the page is from. */
function openPort(): Port {
  const desktop = desktopBridge();
  if (desktop !== null) return openDesktopPort(desktop);
  const url = new URL('/rpc', window.location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  return portFromWebSocket(new WebSocket(url));
}
