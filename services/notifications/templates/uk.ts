import type { Catalogue } from "./templates.ts";
import { moment, money, slot, word } from "./words.ts";

const STATUS = word({
  open: "знову відкрита",
  in_progress: "у роботі",
  deferred: "відкладена",
  resolved: "вирішена",
  closed: "закрита",
  cancelled: "скасована",
});
const PRIORITY = word({ low: "низький", normal: "звичайний", high: "високий", urgent: "терміновий" });
const REASON = word({
  rejected: "Вашу заявку на проживання відхилено.",
  ended: "Ваше проживання завершено.",
  revoked: "Ваше проживання скасовано.",
});
const CHANNEL = word({ email: "вашу електронну адресу", sms: "ваш номер телефону", push: "ваш пристрій" });
const SHOWN = word({ visible: "знову видно", hidden: "приховано до перевірки", removed: "видалено" });
const CONTENT = word({ post: "Допис", comment: "Коментар", message: "Повідомлення" });
const SOURCE = word({
  flags: "На нього поскаржилися мешканці.",
  ai: "Його позначила автоматична перевірка.",
  revision: "Його змінено після рішення.",
});
const BOOKING = word({
  pending_payment: "очікує на оплату",
  pending_approval: "очікує на схвалення",
  confirmed: "підтверджено",
  rejected: "відхилено",
  expired: "прострочено",
  no_show: "знято: ніхто не прийшов",
  completed: "завершено",
});
const DAY = "d MMMM yyyy";
const when = slot("uk", DAY);
const at = moment("uk", DAY);
const sum = money("uk");
const someone = (name: string | null): string => name ?? "Колишній мешканець";

export const uk: Catalogue = {
  texts: {
    welcome: ({ displayName }) => ({
      title: `Вітаємо, ${displayName}`,
      body: "Додайте своє помешкання за кодом від управителя, щоб повідомляти про проблеми та познайомитися із сусідами.",
    }),
    verify_email: ({ displayName, token, expiresAt, timeZone }) => ({
      title: "Підтвердьте електронну адресу",
      body: `Вітаємо, ${displayName}!\n\nПідтвердьте електронну адресу цим кодом до ${at(expiresAt, timeZone)}:\n\n${token}\n\nЯкщо ви не реєструвалися, не зважайте на цей лист.`,
    }),
    reset_password: ({ displayName, token, expiresAt, timeZone }) => ({
      title: "Задайте новий пароль",
      body: `Вітаємо, ${displayName}!\n\nЗадайте новий пароль цим кодом до ${at(expiresAt, timeZone)}:\n\n${token}\n\nЯкщо ви цього не просили, не зважайте на цей лист: нічого не змінилося.`,
    }),
    address_dead: ({ channel, address }) => ({
      title: `Не вдається надіслати на ${CHANNEL(channel)}`,
      body: `${address} більше не приймає повідомлень, тому ми туди не надсилаємо. Виправте це у своєму профілі.`,
    }),
    building_assigned: ({ building }) => ({
      title: `Ви управляєте будинком «${building}»`,
      body: "Додайте помешкання та видайте коди, щоб мешканці могли приєднатися.",
    }),
    claim_to_decide: () => ({
      title: "Заявка на проживання чекає на ваше рішення",
      body: "Хтось зазначив, що мешкає у вашому будинку. Підтвердьте або відхиліть заявку.",
    }),
    resident_verified: () => ({
      title: "Ваше проживання підтверджено",
      body: "Тепер ви можете повідомляти про проблеми й бачити, що відбувається у вашому будинку.",
    }),
    resident_unverified: ({ reason }) => ({
      title: REASON(reason),
      body: "Якщо це помилка, зверніться до управителя будинку.",
    }),
    ticket_created: ({ number, title }) => ({
      title: `Заявку ${number} отримано: ${title}`,
      body: "Ми отримали ваше звернення й повідомлятимемо про кожен крок.",
    }),
    ticket_reported: ({ number, title, priority }) => ({
      title: `Нова заявка ${number}: ${title}`,
      body: `Мешканець повідомив про проблему. Пріоритет: ${PRIORITY(priority)}.`,
    }),
    ticket_assigned: ({ number }) => ({
      title: `Вам призначено заявку ${number}`,
      body: "Відкрийте її, щоб побачити, що треба зробити.",
    }),
    ticket_commented: ({ number }) => ({
      title: `Новий коментар до заявки ${number}`,
      body: "Відкрийте заявку, щоб прочитати його й відповісти.",
    }),
    ticket_status_changed: ({ number, to, reason }) => ({
      title: `Заявка ${number} ${STATUS(to)}`,
      body: reason === null ? "Є новини щодо вашого звернення." : `Причина: ${reason}`,
    }),
    emergency: ({ building, title, text }) => ({
      title: `НАДЗВИЧАЙНА СИТУАЦІЯ: ${title}`,
      body: text,
      email: `${text}\n\nНадіслано всім ${building === null ? "у вашому будинку" : `у будинку «${building}»`}.`,
      sms: `НЕБЕЗПЕКА: ${title}. ${text}`,
    }),
    announcement: ({ building, title, text }) => ({
      title,
      body: text,
      email: `${text}\n\nОголошення управителя ${building === null ? "вашого будинку" : `будинку «${building}»`}.`,
    }),
    post_created: ({ title, text }) => ({ title: `Новий допис: ${title}`, body: text }),
    post_status_changed: ({ title, to }) => ({
      title: `Ваш допис ${SHOWN(to)}`,
      body: `Йдеться про ваш допис «${title}».`,
    }),
    comment_created: ({ name, title, text }) => ({ title: `${someone(name)}: коментар до «${title}»`, body: text }),
    comment_status_changed: ({ to }) => ({
      title: `Ваш коментар ${SHOWN(to)}`,
      body: "Якщо маєте запитання, зверніться до управителя будинку.",
    }),
    mention_created: ({ name, title }) => ({
      title: `${someone(name)}: вас згадано`,
      body: `У «${title}».`,
    }),
    message_sent: ({ name, text }) => ({ title: `Повідомлення: ${name ?? "колишній мешканець"}`, body: text }),
    message_status_changed: ({ to }) => ({
      title: `Ваше повідомлення ${SHOWN(to)}`,
      body: "Якщо маєте запитання, зверніться до управителя будинку.",
    }),
    moderation_case_created: ({ contentType, source }) => ({
      title: `${CONTENT(contentType)} чекає на ваше рішення`,
      body: SOURCE(source),
    }),
    booking_created: ({ resource, status, ...time }) => ({
      title: `Ваше бронювання «${resource}» ${BOOKING(status)}`,
      body: when(time),
    }),
    booking_to_approve: ({ resource, ...time }) => ({
      title: `Бронювання «${resource}» очікує на ваше схвалення`,
      body: when(time),
    }),
    booking_status_changed: ({ resource, status, reason, ...time }) => ({
      title: `Ваше бронювання «${resource}» ${BOOKING(status)}`,
      body: reason === null ? when(time) : `${when(time)}\n\nПричина: ${reason}`,
    }),
    booking_moved: ({ resource, ...time }) => ({
      title: `Ваше бронювання «${resource}» перенесено`,
      body: `Новий час: ${when(time)}`,
    }),
    booking_cancelled: ({ resource, reason, refund, ...time }) => ({
      title: `Ваше бронювання «${resource}» скасовано`,
      body: [when(time), reason && `Причина: ${reason}`, refund && `Вам повернуть ${sum(refund)}.`]
        .filter(Boolean)
        .join("\n\n"),
    }),
  },
  unsubscribe: (url) => `Більше не отримувати таких листів: ${url}`,
  digest: (count) => ({
    title: `Новини вашого будинку: ${count}`,
    intro: "Що відбулося останнім часом:",
  }),
  page: {
    topics: {
      account: "ваш обліковий запис",
      emergencies: "надзвичайні ситуації",
      residency: "ваше проживання",
      tickets: "заявки",
      bookings: "бронювання",
      announcements: "оголошення",
      messages: "повідомлення",
      mentions: "згадки про вас",
      comments: "коментарі",
      moderation: "модерація",
      posts: "дописи сусідів",
    },
    ask: (topic) => `Більше не отримувати листів на тему «${topic}»?`,
    button: "Відписатися",
    done: (topic) => `Ви більше не отримуватимете листів на тему «${topic}».`,
  },
};
