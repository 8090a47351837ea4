// SPDX-FileCopyrightText: 2026 The Footfall authors
// SPDX-License-Identifier: Apache-2.0
// Hides e-mail addresses, card and telephone numbers wherever they stand in a text. Each goes over the text once.
#include "shape/private.h"

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

static bool is_word(char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           (unsigned char)c >= 0x80;
}

// ---- E-mail addresses -----------------------------------------------------------------------------------------------

// What RFC 5322 allows without quotes, but for '/', '?', '=', '&' and '#', which bound it in URLs.
static bool is_local(char c) {
    return is_word(c) || (c != '\0' && strchr(".!$*+^_`{|}~'%-", c) != NULL);
}

static bool is_domain(char c) {
    return is_word(c) || c == '.' || c == '-';
}

// The bytes of the sign at i, as it is or as URLs write it; 0: there is none.
static size_t sign_at(struct str text, size_t i) {
    if (text.data[i] == '@') {
        return 1;
    }
    return text.len - i >= 3 && memcmp(text.data + i, "%40", 3) == 0 ? 3 : 0;
}

// Where a domain ends that begins at `from`, with two labels at least; from: there is none.
static size_t domain_end(struct str text, size_t from) {
    size_t end = from;
    size_t dot = 0;
    while (end < text.len && is_domain(text.data[end])) {
        end++;
    }
    while (end > from && !is_word(text.data[end - 1])) {
        end--; // the full stop behind it
    }
    for (size_t i = from + 1; i + 1 < end; i++) {
        dot = text.data[i] == '.' ? i : dot;
    }
    return dot > 0 ? end : from;
}

bool shape_mask_email(struct str text, struct buffer *out) {
    size_t copied = 0;
    bool any = false;
    for (size_t i = 0; i < text.len; i++) {
        size_t sign = sign_at(text, i);
        size_t end = sign > 0 ? domain_end(text, i + sign) : 0;
        size_t begin = i;
        if (sign == 0 || end == i + sign) {
            continue;
        }
        while (begin > copied && is_local(text.data[begin - 1])) {
            begin--;
        }
        if (begin == i) {
            continue;
        }
        buffer_append(out, text.data + copied, begin - copied);
        buffer_append_str(out, STR("***"));
        buffer_append(out, text.data + i, end - i);
        copied = end;
        i = end - 1;
        any = true;
    }
    buffer_append(out, text.data + copied, text.len - copied);
    return any;
}

// ---- Card numbers ---------------------------------------------------------------------------------------------------

#define CARD_LEAST 13
#define CARD_MOST 19

// ISO/IEC 7812-1, annex B.
static bool passes_luhn(const char *digits, size_t count) {
    unsigned sum = 0;
    for (size_t i = 0; i < count; i++) {
        unsigned digit = (unsigned)(digits[count - 1 - i] - '0');
        digit = i % 2 == 1 ? digit * 2 : digit;
        sum += digit > 9 ? digit - 9 : digit;
    }
    return sum % 10 == 0;
}

// Where the longest card number ends that begins at `from`; from: none does. Groups are separated by one blank or dash.
static size_t card_end(struct str text, size_t from) {
    char digits[CARD_MOST];
    size_t count = 0;
    size_t end = from;
    if (text.data[from] < '2' || text.data[from] > '6') {
        return from; // issuers of cards begin with these (ISO/IEC 7812-1)
    }
    for (size_t i = from; i < text.len && count < CARD_MOST; i++) {
        char c = text.data[i];
        if ((c == ' ' || c == '-') && i + 1 < text.len && is_digit(text.data[i + 1])) {
            continue;
        }
        if (!is_digit(c)) {
            break;
        }
        digits[count++] = c;
        bool over = i + 1 == text.len || !is_digit(text.data[i + 1]);
        if (over && count >= CARD_LEAST && passes_luhn(digits, count)) {
            end = i + 1;
        }
    }
    return end;
}

// Stars for the digits of text[from, to), but for the last `shown`.
static void hide_digits(struct str text, size_t from, size_t to, size_t shown, struct buffer *out) {
    size_t left = 0;
    for (size_t i = from; i < to; i++) {
        left += is_digit(text.data[i]);
    }
    for (size_t i = from; i < to; i++) {
        bool digit = is_digit(text.data[i]);
        buffer_append_char(out, digit && left > shown ? '*' : text.data[i]);
        left -= digit;
    }
}

bool shape_mask_card(struct str text, struct buffer *out) {
    bool any = false;
    for (size_t i = 0; i < text.len;) {
        bool first = is_digit(text.data[i]) && (i == 0 || !is_digit(text.data[i - 1]));
        size_t end = first ? card_end(text, i) : i;
        if (end > i) {
            hide_digits(text, i, end, 4, out);
            any = true;
            i = end;
        } else {
            buffer_append_char(out, text.data[i++]);
        }
    }
    return any;
}

// ---- Telephone numbers ----------------------------------------------------------------------------------------------

#define PHONE_LEAST 7
#define PHONE_MOST 15 // ITU-T E.164

struct phone {
    size_t end;
    size_t digits;
    size_t groups[4]; // digits of the first groups
    size_t group_count;
};

static bool is_separator(char c) {
    return c != '\0' && strchr(" -./()", c) != NULL;
}

// Digits with at most two separators between them.
static struct phone read_phone(struct str text, size_t from) {
    struct phone phone = {.end = from};
    size_t between = 2; // before the first digit a bracket may stand
    size_t i = from + (text.data[from] == '+');
    for (; i < text.len && phone.digits <= PHONE_MOST; i++) {
        if (is_digit(text.data[i])) {
            phone.group_count += between > 0;
            if (phone.group_count <= 4) {
                phone.groups[phone.group_count - 1]++;
            }
            between = 0;
            phone.digits++;
            phone.end = i + 1;
        } else if (is_separator(text.data[i]) && (phone.digits == 0 || between < 2)) {
            between++;
            if (phone.digits == 0 && i - from > 2) {
                break;
            }
        } else {
            break;
        }
    }
    return phone;
}

// What begins with +, ( or 0, or is written 3-3-4: other numbers are amounts, ids and times.
static bool is_phone(struct str text, size_t from, const struct phone *phone) {
    char c = text.data[from];
    bool american = phone->digits == 10 && phone->group_count == 3 && phone->groups[0] == 3 &&
                    phone->groups[1] == 3;
    bool begins = c == '+' || c == '(' || (c == '0' && phone->end - from > 1);
    bool bounded = (from == 0 || !is_word(text.data[from - 1])) &&
                   (phone->end == text.len || !is_word(text.data[phone->end]));
    return bounded && phone->digits >= PHONE_LEAST && phone->digits <= PHONE_MOST &&
           (begins || american);
}

bool shape_mask_phone(struct str text, struct buffer *out) {
    bool any = false;
    for (size_t i = 0; i < text.len;) {
        char c = text.data[i];
        bool first =
            c == '+' || c == '(' || (is_digit(c) && (i == 0 || !is_digit(text.data[i - 1])));
        struct phone phone = first ? read_phone(text, i) : (struct phone){.end = i};
        if (first && is_phone(text, i, &phone)) {
            hide_digits(text, i, phone.end, 2, out);
            any = true;
            i = phone.end;
        } else {
            buffer_append_char(out, text.data[i++]);
        }
    }
    return any;
}
