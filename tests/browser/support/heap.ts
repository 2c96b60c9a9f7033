// What is on the heap of a page's scripts, and who holds it: a snapshot by the protocol of the browser's own tools.
import type { Page } from './browser.ts';

interface Snapshot {
  snapshot: { meta: { node_fields: string[]; edge_fields: string[]; node_types: [string[]]; edge_types: [string[]] } };
  nodes: number[];
  edges: number[];
  strings: string[];
}

/** The heap of a page, once what nobody holds has been swept. */
export async function heapOf(page: Page): Promise<Heap> {
  const client = await page.context().newCDPSession(page);
  try {
    const chunks: string[] = [];
    client.on('HeapProfiler.addHeapSnapshotChunk', ({ chunk }) => void chunks.push(chunk));
    await client.send('HeapProfiler.enable');
    // What the first sweep frees may have held something that only the next one finds.
    for (let round = 0; round < 3; round++) await client.send('HeapProfiler.collectGarbage');
    await client.send('HeapProfiler.takeHeapSnapshot', { reportProgress: false });
    return new Heap(JSON.parse(chunks.join('')));
  } finally {
    await client.detach();
  }
}

export class Heap {
  private readonly snapshot: Snapshot;
  constructor(snapshot: Snapshot) {
    this.snapshot = snapshot;
  }

  /** The texts with any of these parts, cut short, each with the way to it from the root of the heap. */
  holding(parts: string[]): string[] {
    const { nodes, strings } = this.snapshot;
    const wide = this.snapshot.snapshot.meta.node_fields.length;
    const wanted = new Set(strings.flatMap((text, index) => (parts.some((part) => text.includes(part)) ? [index] : [])));
    if (wanted.size === 0) return [];
    const found: number[] = [];
    for (let node = 0; node < nodes.length; node += wide) if (wanted.has(nodes[node + 1]!)) found.push(node);
    const from = this.ways();
    return found.map((node) => this.way(node, from));
  }

  /** How many texts there are: a snapshot without any would hold nothing. */
  get texts(): number {
    return this.snapshot.strings.length;
  }

  /** For each node by which edge it is reached first, weak ones left out. */
  private ways(): Map<number, [number, number]> {
    const { nodes, edges, snapshot: { meta } } = this.snapshot;
    const [wide, long] = [meta.node_fields.length, meta.edge_fields.length];
    const counted = meta.node_fields.indexOf('edge_count');
    const weak = meta.edge_types[0].indexOf('weak');
    const first = new Map<number, number>();
    for (let node = 0, edge = 0; node < nodes.length; node += wide) {
      first.set(node, edge);
      edge += nodes[node + counted]! * long;
    }
    const from = new Map<number, [number, number]>([[0, [-1, -1]]]);
    for (let queue = [0]; queue.length > 0; ) {
      const next: number[] = [];
      for (const node of queue) {
        const begin = first.get(node)!;
        for (let edge = begin; edge < begin + nodes[node + counted]! * long; edge += long) {
          const to = edges[edge + 2]!;
          if (edges[edge] === weak || from.has(to)) continue;
          from.set(to, [node, edge]);
          next.push(to);
        }
      }
      queue = next;
    }
    return from;
  }

  private way(node: number, from: Map<number, [number, number]>): string {
    const { nodes, edges, strings, snapshot: { meta } } = this.snapshot;
    const named = (at: number) => `${meta.node_types[0][nodes[at]!]} ${strings[nodes[at + 1]!]!.slice(0, 24)}`;
    const steps = [named(node)];
    for (let at = node; from.has(at) && from.get(at)![0] >= 0; at = from.get(at)![0]) {
      const [before, edge] = from.get(at)!;
      const kind = meta.edge_types[0][edges[edge]!];
      const label = kind === 'element' || kind === 'hidden' ? `[${edges[edge + 1]}]` : `.${strings[edges[edge + 1]!]}`;
      steps.unshift(`${named(before)}${label}`);
    }
    return steps.join(' → ');
  }
}
