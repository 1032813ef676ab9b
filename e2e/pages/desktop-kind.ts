/** What the desktop app runs on in a journey. */
export type DesktopKind = 'stand-in' | 'electron';
