// A change that takes something away is answered with 200 once it is in force everywhere, and with 202 if it stands but not
// everybody who must know has confirmed it yet (docs/API.md, "Freshness").

/** What to say of a change: `done`, or that it takes a moment longer. */
export async function inForce(answer: Promise<{ response: Response }>, done: string): Promise<string> {
  return (await answer).response.status === 202 ? 'Accepted. It takes a moment until it is in force everywhere.' : done;
}
