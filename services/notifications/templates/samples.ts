/** One example of each template's variables: for previews and tests. */
import type { TemplateVariables } from "./templates.ts";

const slot = {
  resource: "Sauna",
  startsAt: "2030-03-02T17:00:00.000Z",
  endsAt: "2030-03-02T19:00:00.000Z",
  timeZone: "Europe/Berlin",
};
const expires = { expiresAt: "2030-03-01T12:00:00.000Z", timeZone: "Europe/Kyiv" };
const water = "The water is turned off until noon. Please close your taps.";

export const SAMPLES: TemplateVariables = {
  welcome: { displayName: "Olga" },
  verify_email: { displayName: "Olga", token: "TOKEN", ...expires },
  reset_password: { displayName: "Olga", token: "TOKEN", ...expires },
  address_dead: { channel: "sms", address: "+4930123456" },
  building_assigned: { building: "Rose House" },
  claim_to_decide: {},
  resident_verified: {},
  resident_unverified: { reason: "ended" },
  ticket_created: { number: 7, title: "Leaking tap" },
  ticket_reported: { number: 7, title: "Leaking tap", priority: "high" },
  ticket_assigned: { number: 7 },
  ticket_commented: { number: 7 },
  ticket_status_changed: { number: 7, to: "deferred", reason: "A spare part is on its way." },
  emergency: { building: "Rose House", title: "Burst pipe", text: water },
  announcement: { building: "Rose House", title: "Water turned off", text: water },
  post_created: { title: "Who lends me a drill?", text: "Just for Saturday." },
  post_status_changed: { title: "Who lends me a drill?", to: "hidden" },
  comment_created: { name: "Ned", title: "Who lends me a drill?", text: "I have one." },
  comment_status_changed: { to: "removed" },
  mention_created: { name: "Ned", title: "Who lends me a drill?" },
  message_sent: { name: "Ned", text: "You can fetch it at six." },
  message_status_changed: { to: "hidden" },
  moderation_case_created: { contentType: "post", source: "flags" },
  booking_created: { ...slot, status: "confirmed" },
  booking_to_approve: slot,
  booking_status_changed: { ...slot, status: "rejected", reason: "The heating is being repaired." },
  booking_moved: { ...slot, endsAt: "2030-03-03T09:00:00.000Z" },
  booking_cancelled: { ...slot, reason: null, refund: { amount: 1250, currency: "EUR" } },
};
