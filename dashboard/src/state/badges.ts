// Small figures beside the places of the sidebar, by the label of the place: "Alerts" has the number of open ones.
import { signal } from '@preact/signals';

export const badges = signal<Readonly<Record<string, string>>>({});

/** Sets or takes away the figure of a place. */
export function setBadge(place: string, text: string | null): void {
  const { [place]: _, ...others } = badges.value;
  badges.value = text ? { ...others, [place]: text } : others;
}
