/** Menu: the template as items; nothing is drawn, a test chooses by `click`. */
interface Template {
  id?: string;
  label?: string;
  role?: string;
  type?: string;
  accelerator?: string;
  registerAccelerator?: boolean;
  enabled?: boolean;
  click?: () => void;
  submenu?: Template[];
}

class MenuItem {
  readonly id: string | undefined;
  readonly label: string;
  readonly role: string | undefined;
  readonly accelerator: string | undefined;
  readonly submenu: Menu | undefined;
  enabled: boolean;
  readonly #click: (() => void) | undefined;

  constructor({ id, label, role, accelerator, enabled = true, click, submenu }: Template) {
    this.id = id;
    this.label = label ?? role ?? '';
    this.role = role;
    this.accelerator = accelerator;
    this.enabled = enabled;
    this.submenu = submenu === undefined ? undefined : new Menu(submenu);
    this.#click = click;
  }

  click(): void {
    if (this.enabled) this.#click?.();
  }
}

export class Menu {
  static #application: Menu | null = null;
  readonly items: MenuItem[];

  constructor(template: readonly Template[]) {
    this.items = template.map((each) => new MenuItem(each));
  }

  static buildFromTemplate(template: readonly Template[]): Menu {
    return new Menu(template);
  }

  static setApplicationMenu(menu: Menu | null): void {
    Menu.#application = menu;
  }

  static getApplicationMenu(): Menu | null {
    return Menu.#application;
  }

  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      if (item.id === id) return item;
      const below = item.submenu?.getMenuItemById(id);
      if (below !== undefined && below !== null) return below;
    }
    return null;
  }
}
