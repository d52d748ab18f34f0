/** A server on loopback that speaks the documented chat-completions protocol, and misbehaves on demand. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface ChatRequest {
  authorization: string | undefined;
  model: string;
  /** By the role. */
  system: string;
  user: string;
  /** What the whole request said. */
  text: string;
}
export interface Reply {
  status?: number;
  headers?: Record<string, string>;
  /** An object is sent as JSON. */
  body: object | string;
  delayMs?: number;
  /** The connection is cut instead of an answer. */
  cut?: true;
}
export type Behaviour = (request: ChatRequest) => Reply;

export const completion = (content: object | string, more: object = {}, tokens = 100): Reply => ({
  body: {
    id: "chatcmpl-1",
    object: "chat.completion",
    created: 1_900_000_000,
    model: "test-model",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content: typeof content === "string" ? content : JSON.stringify(content) },
        finish_reason: "stop",
        ...more,
      },
    ],
    usage: { prompt_tokens: tokens - 20, completion_tokens: 20, total_tokens: tokens },
  },
});
export const fault = (status: number, message: string, headers: Record<string, string> = {}): Reply => ({
  status,
  headers,
  body: { error: { message, type: "server_error", param: null, code: null } },
});

const NO_SCORES = { profanity: 0, threat: 0, harassment: 0, hate: 0, sexual: 0, violence: 0, spam: 0 };

/** Does what the rules ask for, in the simplest way. */
export const obedient: Behaviour = ({ system, user }) => {
  const data = JSON.parse(user) as { sources?: { text: string }[]; parts?: { text: string }[] };
  if (system.includes('"scores"')) return completion({ scores: NO_SCORES });
  if (system.includes('"category"'))
    return completion({ category: "other", priority: "low", confidence: 0.5, because: [] });
  if (data.parts) return completion({ summary: `In short: ${data.parts[0]?.text.slice(0, 60)}`, sources: [1] });
  return completion({ found: true, answer: data.sources?.[0]?.text.slice(0, 200) ?? "", sources: [1] });
};

export class ChatServer {
  readonly requests: ChatRequest[] = [];
  behave: Behaviour = obedient;
  readonly #server: Server;
  readonly #key: string;

  private constructor(key: string) {
    this.#key = key;
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        const text = Buffer.concat(chunks).toString();
        const reply = this.#reply(request.method, request.url, request.headers.authorization, text);
        if (reply.cut) return void request.socket.destroy();
        const answering = setTimeout(() => {
          response.writeHead(reply.status ?? 200, { "content-type": "application/json", ...reply.headers });
          response.end(typeof reply.body === "string" ? reply.body : JSON.stringify(reply.body));
        }, reply.delayMs ?? 0);
        // Who has left waits for no answer, and nobody waits for its timer.
        response.once("close", () => clearTimeout(answering));
      });
    });
  }

  static async start(key = "sk-test"): Promise<ChatServer> {
    const server = new ChatServer(key);
    await new Promise<void>((resolve) => server.#server.listen(0, "127.0.0.1", resolve));
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/v1`;
  }
  /** Everything that it was ever told. */
  get heard(): string {
    return this.requests.map(({ text }) => text).join("\n");
  }
  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #reply(method = "", url = "", authorization: string | undefined, text: string): Reply {
    if (method !== "POST" || url !== "/v1/chat/completions")
      return fault(404, `Unknown request URL: ${method} ${url}.`);
    if (authorization !== `Bearer ${this.#key}`) return fault(401, "Incorrect API key provided.");
    let body: {
      model?: unknown;
      messages?: { role?: unknown; content?: unknown }[];
      response_format?: { type?: unknown };
    };
    try {
      body = JSON.parse(text);
    } catch {
      return fault(400, "We could not parse the JSON body of your request.");
    }
    const { model, messages = [] } = body;
    const said = (role: string) => messages.find((message) => message.role === role)?.content;
    const [system, user] = [said("system"), said("user")];
    if (typeof model !== "string" || typeof system !== "string" || typeof user !== "string")
      return fault(400, "Missing required parameter.");
    // As OpenAI has it: JSON mode needs the word in the messages.
    if (body.response_format?.type === "json_object" && !/json/i.test(system))
      return fault(400, "'messages' must contain 'json'.");
    const request: ChatRequest = { authorization, model, system, user, text };
    this.requests.push(request);
    return this.behave(request);
  }
}
