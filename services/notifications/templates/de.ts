import type { Catalogue } from "./templates.ts";
import { moment, money, slot, word } from "./words.ts";

const STATUS = word({
  open: "wieder offen",
  in_progress: "in Arbeit",
  deferred: "zurückgestellt",
  resolved: "gelöst",
  closed: "abgeschlossen",
  cancelled: "abgebrochen",
});
const PRIORITY = word({ low: "niedrig", normal: "normal", high: "hoch", urgent: "dringend" });
const REASON = word({
  rejected: "Ihr Antrag wurde abgelehnt.",
  ended: "Ihr Wohnverhältnis ist beendet.",
  revoked: "Ihr Wohnverhältnis wurde widerrufen.",
});
const CHANNEL = word({ email: "Ihre E-Mail-Adresse", sms: "Ihre Telefonnummer", push: "Ihr Gerät" });
const SHOWN = word({ visible: "wieder sichtbar", hidden: "bis zur Prüfung verborgen", removed: "entfernt" });
const CONTENT = word({ post: "Ein Beitrag", comment: "Ein Kommentar", message: "Eine Nachricht" });
const SOURCE = word({
  flags: "Bewohner haben es gemeldet.",
  ai: "Die automatische Prüfung hat es gemeldet.",
  revision: "Es wurde nach einer Entscheidung geändert.",
});
const BOOKING = word({
  pending_payment: "wartet auf die Zahlung",
  pending_approval: "wartet auf Zustimmung",
  confirmed: "ist bestätigt",
  rejected: "wurde abgelehnt",
  expired: "ist abgelaufen",
  no_show: "wurde freigegeben: Niemand ist gekommen",
  completed: "ist abgeschlossen",
});
const DAY = "d. MMMM yyyy";
const when = slot("de", DAY);
const at = moment("de", DAY);
const sum = money("de");
const someone = (name: string | null): string => name ?? "Ein früherer Bewohner";

export const de: Catalogue = {
  texts: {
    welcome: ({ displayName }) => ({
      title: `Willkommen, ${displayName}`,
      body: "Melden Sie Ihre Wohnung mit dem Code Ihrer Verwaltung an, um Mängel zu melden und Ihre Nachbarn kennenzulernen.",
    }),
    verify_email: ({ displayName, token, expiresAt, timeZone }) => ({
      title: "Bestätigen Sie Ihre E-Mail-Adresse",
      body: `Guten Tag ${displayName},\n\nbestätigen Sie Ihre E-Mail-Adresse mit diesem Code vor ${at(expiresAt, timeZone)}:\n\n${token}\n\nWenn Sie sich nicht registriert haben, ignorieren Sie diese E-Mail.`,
    }),
    reset_password: ({ displayName, token, expiresAt, timeZone }) => ({
      title: "Setzen Sie ein neues Passwort",
      body: `Guten Tag ${displayName},\n\nsetzen Sie mit diesem Code vor ${at(expiresAt, timeZone)} ein neues Passwort:\n\n${token}\n\nWenn Sie das nicht angefordert haben, ignorieren Sie diese E-Mail: Es hat sich nichts geändert.`,
    }),
    address_dead: ({ channel, address }) => ({
      title: `Wir erreichen ${CHANNEL(channel)} nicht`,
      body: `${address} nimmt keine Nachrichten mehr an, deshalb senden wir nicht mehr dorthin. Bitte berichtigen Sie das in Ihrem Profil.`,
    }),
    building_assigned: ({ building }) => ({
      title: `Sie verwalten ${building}`,
      body: "Legen Sie die Wohnungen an und geben Sie Codes aus, damit Bewohner beitreten können.",
    }),
    claim_to_decide: () => ({
      title: "Ein Antrag wartet auf Ihre Entscheidung",
      body: "Jemand gibt an, in Ihrem Haus zu wohnen. Bestätigen Sie den Antrag oder lehnen Sie ihn ab.",
    }),
    resident_verified: () => ({
      title: "Sie sind bestätigter Bewohner",
      body: "Sie können jetzt Mängel melden und sehen, was in Ihrem Haus geschieht.",
    }),
    resident_unverified: ({ reason }) => ({
      title: REASON(reason),
      body: "Fragen Sie Ihre Hausverwaltung, wenn das nicht stimmt.",
    }),
    ticket_created: ({ number, title }) => ({
      title: `Meldung ${number} eingegangen: ${title}`,
      body: "Ihre Meldung ist da; wir informieren Sie über jeden Schritt.",
    }),
    ticket_reported: ({ number, title, priority }) => ({
      title: `Neue Meldung ${number}: ${title}`,
      body: `Ein Bewohner hat einen Mangel gemeldet. Priorität: ${PRIORITY(priority)}.`,
    }),
    ticket_assigned: ({ number }) => ({
      title: `Meldung ${number} wurde Ihnen zugewiesen`,
      body: "Öffnen Sie sie, um zu sehen, was zu tun ist.",
    }),
    ticket_commented: ({ number }) => ({
      title: `Neuer Kommentar zu Meldung ${number}`,
      body: "Öffnen Sie die Meldung, um ihn zu lesen und zu beantworten.",
    }),
    ticket_status_changed: ({ number, to, reason }) => ({
      title: `Meldung ${number} ist ${STATUS(to)}`,
      body: reason === null ? "Es gibt Neues zu Ihrer Meldung." : `Grund: ${reason}`,
    }),
    emergency: ({ building, title, text }) => ({
      title: `NOTFALL: ${title}`,
      body: text,
      email: `${text}\n\nGesendet an alle in ${building ?? "Ihrem Haus"}.`,
      sms: `NOTFALL: ${title}. ${text}`,
    }),
    announcement: ({ building, title, text }) => ({
      title,
      body: text,
      email: `${text}\n\nEine Mitteilung der Verwaltung von ${building ?? "Ihrem Haus"}.`,
    }),
    post_created: ({ title, text }) => ({ title: `Neuer Beitrag: ${title}`, body: text }),
    post_status_changed: ({ title, to }) => ({
      title: `Ihr Beitrag ist ${SHOWN(to)}`,
      body: `Es geht um Ihren Beitrag „${title}“.`,
    }),
    comment_created: ({ name, title, text }) => ({ title: `${someone(name)} hat „${title}“ kommentiert`, body: text }),
    comment_status_changed: ({ to }) => ({
      title: `Ihr Kommentar ist ${SHOWN(to)}`,
      body: "Fragen Sie Ihre Hausverwaltung, wenn Sie Fragen haben.",
    }),
    mention_created: ({ name, title }) => ({
      title: `${someone(name)} hat Sie erwähnt`,
      body: `In „${title}“.`,
    }),
    message_sent: ({ name, text }) => ({ title: `Nachricht von ${name ?? "einem früheren Bewohner"}`, body: text }),
    message_status_changed: ({ to }) => ({
      title: `Ihre Nachricht ist ${SHOWN(to)}`,
      body: "Fragen Sie Ihre Hausverwaltung, wenn Sie Fragen haben.",
    }),
    moderation_case_created: ({ contentType, source }) => ({
      title: `${CONTENT(contentType)} wartet auf Ihre Entscheidung`,
      body: SOURCE(source),
    }),
    booking_created: ({ resource, status, ...time }) => ({
      title: `Ihre Buchung „${resource}“ ${BOOKING(status)}`,
      body: when(time),
    }),
    booking_to_approve: ({ resource, ...time }) => ({
      title: `Eine Buchung „${resource}“ wartet auf Ihre Zustimmung`,
      body: when(time),
    }),
    booking_status_changed: ({ resource, status, reason, ...time }) => ({
      title: `Ihre Buchung „${resource}“ ${BOOKING(status)}`,
      body: reason === null ? when(time) : `${when(time)}\n\nGrund: ${reason}`,
    }),
    booking_moved: ({ resource, ...time }) => ({
      title: `Ihre Buchung „${resource}“ wurde verschoben`,
      body: `Neue Zeit: ${when(time)}`,
    }),
    booking_cancelled: ({ resource, reason, refund, ...time }) => ({
      title: `Ihre Buchung „${resource}“ wurde storniert`,
      body: [when(time), reason && `Grund: ${reason}`, refund && `Sie erhalten ${sum(refund)} zurück.`]
        .filter(Boolean)
        .join("\n\n"),
    }),
  },
  unsubscribe: (url) => `Keine E-Mails dieser Art mehr: ${url}`,
  digest: (count) => ({
    title: count === 1 ? "Eine Neuigkeit aus Ihrem Haus" : `${count} Neuigkeiten aus Ihrem Haus`,
    intro: "Das haben Sie verpasst:",
  }),
  page: {
    topics: {
      account: "Ihr Konto",
      emergencies: "Notfälle",
      residency: "Ihr Wohnverhältnis",
      tickets: "Meldungen",
      bookings: "Buchungen",
      announcements: "Mitteilungen",
      messages: "Nachrichten",
      mentions: "Erwähnungen",
      comments: "Kommentare",
      moderation: "Moderation",
      posts: "Beiträge Ihrer Nachbarn",
    },
    ask: (topic) => `Möchten Sie keine E-Mails mehr zum Thema „${topic}“ erhalten?`,
    button: "Abbestellen",
    done: (topic) => `Sie erhalten keine E-Mails mehr zum Thema „${topic}“.`,
  },
};
