/* The address that a request asks for; see target.h. */
#include "target.h"

#include <string.h>

void target_begin(struct target *target)
{
    target->size = 0;
    target->divided = false;
    target->unescaped = false;
}

void target_add(struct target *target, const char *text, size_t size)
{
    if (target->size < TARGET_SIZE && size < TARGET_SIZE - target->size)
        memcpy(target->text + target->size, text, size);
    target->size += size;
}

/* ---- path ---- */

static void divide(struct target *target)
{
    static const char scheme[] = "http://";
    target->divided = true;
    if (target->size >= TARGET_SIZE)
        target->size = 0;
    target->text[target->size] = 0;
    char *const end = target->text + target->size;
    char *const fragment = strchr(target->text, '#');
    if (fragment != NULL)
        *fragment = 0;
    char *const query = strchr(target->text, '?');
    target->arguments = query == NULL ? end : query + 1;
    if (query != NULL)
        *query = 0;
    target->path = target->text;
    if (!ascii_same(target->path, scheme, strlen(scheme)))
        return;
    /* The form that is meant for proxies. */
    char *const slash = strchr(target->path + strlen(scheme), '/');
    if (slash != NULL) {
        target->path = slash;
    } else {
        target->text[0] = '/';
        target->text[1] = 0;
    }
}

char *target_path(struct target *target)
{
    if (!target->divided)
        divide(target);
    return target->path;
}

/* ---- arguments ---- */

static int digit_of(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const int lower = c | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

/* The character that "%XX" stands for; 0: it is no such escape. */
static char escaped(const char *text)
{
    const int high = text[0] == '%' ? digit_of(text[1]) : -1;
    const int low = high < 0 ? -1 : digit_of(text[2]);
    if (low < 0)
        return 0;
    return (char)(high * 16 + low);
}

/* Writes what the text up to `end` stands for, which is never longer, and a zero; returns what is behind that. */
static char *unescape(const char *from, const char *end, char *to)
{
    while (from < end) {
        static const char space = ' ';
        const char character = escaped(from);
        const char *const meant = character != 0 ? &character : *from == '+' ? &space : from;
        *to++ = *meant;
        from += character == 0 ? 1 : 3;
    }
    *to++ = 0;
    return to;
}

/* Turns "name=value&..." in place into names and values that each end with a zero, and leaves out names alone. */
static void unescape_all(struct target *target)
{
    target->unescaped = true;
    char *to = target->arguments;
    const char *from = target->arguments;
    const char *const all = from + strlen(from);
    while (from < all) {
        const char *const end = from + strcspn(from, "&");
        const char *const sign = memchr(from, '=', (size_t)(end - from));
        const bool more = end < all; /* asked before the zero is written */
        if (sign != NULL) {
            to = unescape(from, sign, to);
            to = unescape(sign + 1, end, to);
        }
        from = more ? end + 1 : all;
    }
    target->arguments_end = to;
}

const char *target_argument(struct target *target, const char *name)
{
    if (!target->divided)
        divide(target);
    if (!target->unescaped)
        unescape_all(target);
    for (const char *at = target->arguments; at < target->arguments_end;) {
        const char *const value = at + strlen(at) + 1;
        if (strcmp(at, name) == 0)
            return value;
        at = value + strlen(value) + 1;
    }
    return NULL;
}
