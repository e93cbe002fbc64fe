import type { Signal } from "@preact/signals";

const TABS = [
  { name: "recorded", title: "Recorded" },
  { name: "workbench", title: "Frame workbench" },
] as const;

export type WireTab = (typeof TABS)[number]["name"];

/** What went over the wire, or what could. */
export function Tabs({ tab }: { readonly tab: Signal<WireTab> }) {
  return (
    <fieldset class="wire-tabs" aria-label="Recorded bytes or frame workbench">
      {TABS.map(({ name, title }) => (
        <button
          key={name}
          type="button"
          aria-pressed={tab.value === name}
          onClick={() => {
            tab.value = name;
          }}
        >
          {title}
        </button>
      ))}
    </fieldset>
  );
}
