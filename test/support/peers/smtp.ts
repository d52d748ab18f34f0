/** A real SMTP server on loopback (smtp-server) that keeps what it takes and refuses as it is told. */
import { SMTPServer } from "smtp-server";

export interface Mail {
  to: string;
  /** The whole message, as it came. */
  raw: string;
  at: number;
}

export interface SmtpAnswer {
  code: number;
  text: string;
}

export class SmtpPeer {
  readonly url: string;
  readonly mails: Mail[] = [];
  /** Recipients that were asked for, taken or not. */
  readonly asked: string[] = [];
  /** Decides on a recipient; undefined: taken. */
  onRecipient: (to: string) => SmtpAnswer | undefined = () => undefined;
  /** Decides on a message once it has come; undefined: taken. */
  onMessage: (mail: Mail) => SmtpAnswer | undefined = () => undefined;
  readonly #server: SMTPServer;

  private constructor(server: SMTPServer, port: number) {
    this.#server = server;
    this.url = `smtp://127.0.0.1:${port}`;
  }

  static async start(): Promise<SmtpPeer> {
    let peer: SmtpPeer;
    const server = new SMTPServer({
      authOptional: true,
      disabledCommands: ["STARTTLS"],
      logger: false,
      onRcptTo: ({ address }, _session, callback) => {
        peer.asked.push(address);
        callback(refusal(peer.onRecipient(address)));
      },
      onData: (stream, session, callback) => {
        const pieces: Buffer[] = [];
        stream.on("data", (piece: Buffer) => pieces.push(piece));
        stream.on("end", () => {
          const to = session.envelope.rcptTo[0]?.address ?? "";
          const mail = { to, raw: Buffer.concat(pieces).toString(), at: performance.now() };
          const refused = refusal(peer.onMessage(mail));
          if (!refused) peer.mails.push(mail);
          callback(refused);
        });
      },
    });
    server.on("error", () => {});
    const port = await new Promise<number>((resolve) => {
      const listening = server.listen(0, "127.0.0.1", () => resolve((listening.address() as { port: number }).port));
    });
    peer = new SmtpPeer(server, port);
    return peer;
  }

  to = (address: string): Mail[] => this.mails.filter((mail) => mail.to === address);

  close = (): Promise<void> => new Promise((resolve) => this.#server.close(() => resolve()));
}

const refusal = (answer: SmtpAnswer | undefined): Error | null =>
  answer ? Object.assign(new Error(answer.text), { responseCode: answer.code }) : null;

/** Header of a message, unfolded. */
export const headerOf = ({ raw }: Mail, name: string): string | undefined => {
  const head = raw.slice(0, raw.indexOf("\r\n\r\n")).replace(/\r\n[ \t]+/g, " ");
  return new RegExp(`^${name}: (.*)$`, "im").exec(head)?.[1]?.trim();
};

/** The text of a plain message. */
export function textOf({ raw }: Mail): string {
  const body = raw.slice(raw.indexOf("\r\n\r\n") + 4);
  if (/^content-transfer-encoding: base64/im.test(raw)) return Buffer.from(body, "base64").toString();
  if (!/^content-transfer-encoding: quoted-printable/im.test(raw)) return body;
  const joined = body.replace(/=\r\n/g, "");
  return Buffer.from(
    joined.replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  ).toString();
}
