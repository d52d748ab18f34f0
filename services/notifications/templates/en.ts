import type { Catalogue } from "./templates.ts";
import { moment, money, slot, word } from "./words.ts";

const STATUS = word({
  open: "open again",
  in_progress: "being worked on",
  deferred: "deferred",
  resolved: "resolved",
  closed: "closed",
  cancelled: "cancelled",
});
const PRIORITY = word({ low: "low", normal: "normal", high: "high", urgent: "urgent" });
const REASON = word({
  rejected: "Your claim was rejected.",
  ended: "Your residency has ended.",
  revoked: "Your residency was revoked.",
});
const CHANNEL = word({ email: "e-mail address", sms: "phone number", push: "device" });
const SHOWN = word({ visible: "visible again", hidden: "hidden until it is reviewed", removed: "removed" });
const CONTENT = word({ post: "post", comment: "comment", message: "message" });
const SOURCE = word({
  flags: "Residents have flagged it.",
  ai: "The automatic check has flagged it.",
  revision: "It was edited after a decision.",
});
const BOOKING = word({
  pending_payment: "waits for its payment",
  pending_approval: "waits for approval",
  confirmed: "is confirmed",
  rejected: "was rejected",
  expired: "has expired",
  no_show: "was released: nobody checked in",
  completed: "is completed",
});
const DAY = "d LLL yyyy";
const when = slot("en", DAY);
const at = moment("en", DAY);
const sum = money("en");
const someone = (name: string | null): string => name ?? "A former resident";

export const en: Catalogue = {
  texts: {
    welcome: ({ displayName }) => ({
      title: `Welcome, ${displayName}`,
      body: "Claim your flat with the code from your manager to report problems and to meet your neighbours.",
    }),
    verify_email: ({ displayName, token, expiresAt, timeZone }) => ({
      title: "Verify your e-mail address",
      body: `Hello ${displayName},\n\nverify your e-mail address with this token before ${at(expiresAt, timeZone)}:\n\n${token}\n\nIf you did not register, ignore this e-mail.`,
    }),
    reset_password: ({ displayName, token, expiresAt, timeZone }) => ({
      title: "Set a new password",
      body: `Hello ${displayName},\n\nset a new password with this token before ${at(expiresAt, timeZone)}:\n\n${token}\n\nIf you did not ask for it, ignore this e-mail: nothing has changed.`,
    }),
    address_dead: ({ channel, address }) => ({
      title: `We can't reach your ${CHANNEL(channel)}`,
      body: `${address} takes no messages any more, so we have stopped sending there. Correct it in your profile.`,
    }),
    building_assigned: ({ building }) => ({
      title: `You manage ${building}`,
      body: "Add its units and give out codes, so that residents can join.",
    }),
    claim_to_decide: () => ({
      title: "A claim waits for your decision",
      body: "Somebody says that they live in your building. Verify or reject the claim.",
    }),
    resident_verified: () => ({
      title: "You are a verified resident",
      body: "You can now report problems and see what is going on in your building.",
    }),
    resident_unverified: ({ reason }) => ({
      title: REASON(reason),
      body: "Ask your building's manager if this is not right.",
    }),
    ticket_created: ({ number, title }) => ({
      title: `Ticket ${number} received: ${title}`,
      body: "We have your report and will keep you informed about every step.",
    }),
    ticket_reported: ({ number, title, priority }) => ({
      title: `New ticket ${number}: ${title}`,
      body: `A resident has reported a problem. Priority: ${PRIORITY(priority)}.`,
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
      title: `Ticket ${number} is ${STATUS(to)}`,
      body: reason === null ? "There is news about your report." : `Reason: ${reason}`,
    }),
    emergency: ({ building, title, text }) => ({
      title: `EMERGENCY: ${title}`,
      body: text,
      email: `${text}\n\nSent to everybody in ${building ?? "your building"}.`,
      sms: `EMERGENCY: ${title}. ${text}`,
    }),
    announcement: ({ building, title, text }) => ({
      title,
      body: text,
      email: `${text}\n\nAn announcement of ${building ?? "your building"}'s management.`,
    }),
    post_created: ({ title, text }) => ({ title: `New post: ${title}`, body: text }),
    post_status_changed: ({ title, to }) => ({
      title: `Your post is ${SHOWN(to)}`,
      body: `It is about your post "${title}".`,
    }),
    comment_created: ({ name, title, text }) => ({ title: `${someone(name)} commented on "${title}"`, body: text }),
    comment_status_changed: ({ to }) => ({
      title: `Your comment is ${SHOWN(to)}`,
      body: "Ask your building's management if you have questions.",
    }),
    mention_created: ({ name, title }) => ({
      title: `${someone(name)} mentioned you`,
      body: `In "${title}".`,
    }),
    message_sent: ({ name, text }) => ({ title: `Message from ${name ?? "a former resident"}`, body: text }),
    message_status_changed: ({ to }) => ({
      title: `Your message is ${SHOWN(to)}`,
      body: "Ask your building's management if you have questions.",
    }),
    moderation_case_created: ({ contentType, source }) => ({
      title: `A ${CONTENT(contentType)} waits for your decision`,
      body: SOURCE(source),
    }),
    booking_created: ({ resource, status, ...time }) => ({
      title: `Your booking of ${resource} ${BOOKING(status)}`,
      body: when(time),
    }),
    booking_to_approve: ({ resource, ...time }) => ({
      title: `A booking of ${resource} waits for your approval`,
      body: when(time),
    }),
    booking_status_changed: ({ resource, status, reason, ...time }) => ({
      title: `Your booking of ${resource} ${BOOKING(status)}`,
      body: reason === null ? when(time) : `${when(time)}\n\nReason: ${reason}`,
    }),
    booking_moved: ({ resource, ...time }) => ({
      title: `Your booking of ${resource} was moved`,
      body: `It is now: ${when(time)}`,
    }),
    booking_cancelled: ({ resource, reason, refund, ...time }) => ({
      title: `Your booking of ${resource} was cancelled`,
      body: [when(time), reason && `Reason: ${reason}`, refund && `You get back ${sum(refund)}.`]
        .filter(Boolean)
        .join("\n\n"),
    }),
  },
  unsubscribe: (url) => `No more e-mails of this kind: ${url}`,
  digest: (count) => ({
    title: count === 1 ? "One piece of news from your building" : `${count} pieces of news from your building`,
    intro: "This is what you have missed:",
  }),
  page: {
    topics: {
      account: "your account",
      emergencies: "emergencies",
      residency: "your residency",
      tickets: "tickets",
      bookings: "bookings",
      announcements: "announcements",
      messages: "messages",
      mentions: "mentions of you",
      comments: "comments",
      moderation: "moderation",
      posts: "posts of your neighbours",
    },
    ask: (topic) => `Do you want no more e-mails about ${topic}?`,
    button: "Unsubscribe",
    done: (topic) => `You will get no more e-mails about ${topic}.`,
  },
};
