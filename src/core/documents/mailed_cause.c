/* What has become of a document that cannot be had back, as far as its bytes tell; see mailed.h. */
#include "core/documents/mailed.h"

#include "base/bytes.h"
#include "base/sentences.h"

#include <stdio.h>
#include <string.h>

static bool holds(struct slice text, const char *what)
{
    return text.size > 0 && memmem(text.data, text.size, what, strlen(what)) != NULL;
}

static bool holds_any(struct slice text, const char *const *whats)
{
    for (; *whats != NULL; whats++)
        if (holds(text, *whats))
            return true;
    return false;
}

static bool begins_with_any(struct slice text, const char *const *whats)
{
    for (; *whats != NULL; whats++)
        if (slice_starts_with(text, *whats))
            return true;
    return false;
}

static bool is_archive(struct slice text)
{
    static const char *const BEGINNINGS[] = {"PK\x03\x04", "%PDF", "\x1f\x8b", "\xd0\xcf\x11\xe0", "7z\xbc\xaf", NULL};
    return begins_with_any(text, BEGINNINGS);
}

static bool is_utf16(struct slice text)
{
    static const char *const MARKS[] = {"\xff\xfe", "\xfe\xff", NULL};
    return begins_with_any(text, MARKS) || (text.size > 1 && (text.data[0] == 0 || text.data[1] == 0));
}

/* "aval" and a blank, in base64. */
static bool is_encoded(struct slice text)
{
    return holds(text, "YXZhbC") && !holds(text, "aval ");
}

static bool is_quoted_printable(struct slice text)
{
    static const char *const SIGNS[] = {"=E2=80=94", "=3D", NULL};
    return holds_any(text, SIGNS) && holds(text, "aval ");
}

static bool is_formatted(struct slice text)
{
    static const char *const SIGNS[] = {"&gt;", "&nbsp;", "<br", "<BR", "<pre", "<html", "<HTML", "{\\rtf", NULL};
    return holds_any(text, SIGNS);
}

/* A blank that is none, or a mark that is not seen; not at the very beginning, where a byte order mark is undone. */
static bool find_unseen(struct slice text, uint32_t *ret_number)
{
    size_t at = slice_starts_with(text, "\xef\xbb\xbf") ? 3 : 0;
    while (at < text.size) {
        const struct slice rest = slice_make(text.data + at, text.size - at);
        const size_t length = utf8_length(rest);
        const struct slice character = slice_make(rest.data, length);
        const uint32_t number = length < 2 ? 0 : utf8_code_point(character);
        *ret_number = number;
        if (number == 0xa0 || number == 0xad || (number > 0x9f && utf8_is_control(character)) ||
            (number >= 0x2000 && number <= 0x200a) || number == 0x202f || number == 0x3000)
            return true;
        at += length == 0 ? 1 : length;
    }
    return false;
}

static bool has_lines_of_old(struct slice text)
{
    return memchr(text.data, '\r', text.size) != NULL && memchr(text.data, '\n', text.size) == NULL;
}

/* Whether the document's first line is there, with something else than '>' before it. */
static bool is_set_off(struct slice text)
{
    static const char *const WAYS[] = {"| aval ", "|aval ", " aval ", "\taval ", "* aval ", "# aval ", "- aval ", NULL};
    return holds_any(text, WAYS);
}

const char *mailed_cause(struct slice text, char words[static MAILED_CAUSE_SIZE])
{
    uint32_t number = 0;
    if (text.size == 0)
        return "";
    if (is_archive(text))
        return _("it is an archive, a PDF or an office document; what is in it is needed, as a text of its own");
    if (is_utf16(text))
        return _("it is UTF-16, which some editors call Unicode; save it as UTF-8");
    if (is_encoded(text))
        return _("it is the attachment of a mail as that travels (base64); save the attachment itself");
    if (is_quoted_printable(text))
        return _("it is a mail as that travels (quoted-printable); save the attachment, or the text as it is shown");
    if (is_formatted(text))
        return _("it is a page or a formatted text; save it as plain text");
    if (!utf8_valid(text) && holds(text, "aval "))
        return _("it was saved in another character set, such as Latin-1; save it as UTF-8");
    if (has_lines_of_old(text))
        return _("its lines end as on an old Macintosh (CR alone); save it with the line ends of this system");
    if (find_unseen(text, &number)) {
        (void)snprintf(words, MAILED_CAUSE_SIZE,
                       _("blanks or marks that are not seen were put into it (U+%04X); have it sent as a file"),
                       number);
        return words;
    }
    if (memchr(text.data, '\t', text.size) != NULL)
        return _("tabs stand where blanks stood; have it sent as a file");
    if (is_set_off(text))
        return _("something else than '>' stands before its lines, such as '|' or blanks; take it away");
    if (holds(text, "aval ") && !holds(text, "\xe2\x80\x94 ") && !holds(text, "-- "))
        return _("its signature is missing: the last lines, which begin with a dash, were cut off");
    return "";
}

RESULT mailed_explain(struct slice text, struct result why, struct reason *reason)
{
    char words[MAILED_CAUSE_SIZE];
    if (is_ok(why) || error_info(result_code(why))->category != CATEGORY_INPUT || *reason_text(reason) != 0)
        return why;
    const char *const cause = mailed_cause(text, words);
    return *cause == 0 ? why : reason_say(reason, why, "%s", cause);
}
