/** What people read. Every template declares its variables; plain text, so nothing in a variable can become markup. */
export interface TemplateVariables {
  welcome: { displayName: string };
  verify_email: { displayName: string; token: string; expiresAt: string };
  reset_password: { displayName: string; token: string; expiresAt: string };
  ticket_created: { number: number; title: string };
  ticket_reported: { number: number; title: string; priority: string };
  ticket_assigned: { number: number };
  ticket_commented: { number: number };
  ticket_status_changed: { number: number; to: string; reason: string | null };
  resident_verified: Record<never, never>;
  resident_unverified: { reason: string };
}
export type Template = keyof TemplateVariables;

export interface Rendered {
  title: string;
  body: string;
}

type Texts = { [T in Template]: (variables: TemplateVariables[T]) => Rendered };

const STATUS: Readonly<Record<string, string>> = {
  open: "open again",
  in_progress: "being worked on",
  deferred: "deferred",
  resolved: "resolved",
  closed: "closed",
  cancelled: "cancelled",
};
const REASON: Readonly<Record<string, string>> = {
  rejected: "Your claim was rejected.",
  ended: "Your residency has ended.",
  revoked: "Your residency was revoked.",
};

const en: Texts = {
  welcome: ({ displayName }) => ({
    title: `Welcome, ${displayName}`,
    body: "Claim your flat with the code from your manager to report problems and to meet your neighbours.",
  }),
  verify_email: ({ displayName, token, expiresAt }) => ({
    title: "Verify your e-mail address",
    body: `Hello ${displayName},\n\nverify your e-mail address with this token before ${expiresAt}:\n\n${token}\n\nIf you did not register, ignore this e-mail.`,
  }),
  reset_password: ({ displayName, token, expiresAt }) => ({
    title: "Set a new password",
    body: `Hello ${displayName},\n\nset a new password with this token before ${expiresAt}:\n\n${token}\n\nIf you did not ask for it, ignore this e-mail: nothing has changed.`,
  }),
  ticket_created: ({ number, title }) => ({
    title: `Ticket ${number} received: ${title}`,
    body: "We have your report and will keep you informed about every step.",
  }),
  ticket_reported: ({ number, title, priority }) => ({
    title: `New ticket ${number}: ${title}`,
    body: `A resident has reported a problem. Priority: ${priority}.`,
  }),
  ticket_assigned: ({ number }) => ({
    title: `Ticket ${number} was assigned to you`,
    body: "Open it to see what is to be done.",
  }),
  ticket_commented: ({ number }) => ({
    title: `New comment on ticket ${number}`,
    body: "Open the ticket to read and answer it.",
  }),
  ticket_status_changed: ({ number, to, reason }) => ({
    title: `Ticket ${number} is ${STATUS[to] ?? to}`,
    body: reason === null ? "There is news about your report." : `Reason: ${reason}`,
  }),
  resident_verified: () => ({
    title: "You are a verified resident",
    body: "You can now report problems and see what is going on in your building.",
  }),
  resident_unverified: ({ reason }) => ({
    title: REASON[reason] ?? "Your residency has changed.",
    body: "Ask your building's manager if this is not right.",
  }),
};

const LOCALES: Readonly<Record<string, Texts>> = { en };

/** In the person's language, else in English. */
export function render<T extends Template>(template: T, variables: TemplateVariables[T], locale: string): Rendered {
  const texts = LOCALES[locale] ?? LOCALES[locale.slice(0, 2)] ?? en;
  return texts[template](variables);
}
