/* The public functions about what the operator may see: arguments in, one call of about.c, code and message out. */
#include "about.h"
#include "base/sentences.h"
#include "state/folder.h"

#include <string.h>

/* Sizes of the first versions of the structs: no caller can have less. */
#define ABOUT_LEAST sizeof(struct aval_about)
#define TOLD_LEAST  sizeof(struct aval_told)

_Static_assert((int)AVAL_VERSION_SIZE == (int)ABOUT_VERSION_SIZE && (int)AVAL_DATA_MAX == (int)ABOUT_DATA_MAX &&
                   (int)AVAL_DATUM_KEY_SIZE == (int)ABOUT_KEY_SIZE && (int)AVAL_TEXT_SIZE >= (int)TEXT_SIZE,
               "the API's sizes");
_Static_assert((int)AVAL_TELL_NOTHING == (int)TELL_NOTHING && (int)AVAL_TELL_PRODUCT == (int)TELL_PRODUCT &&
                   (int)AVAL_TELL_NAME == (int)TELL_NAME,
               "the API's words");

static bool is_given(const char *text)
{
    return text != NULL && text[0] != 0;
}

static RESULT take_datum(const struct aval_datum *datum, struct about_says *says, struct reason *reason)
{
    ENSURE(datum->key != NULL && datum->value != NULL, USAGE);
    const struct result added = about_attach(says, slice_of(datum->key), slice_of(datum->value));
    switch (result_code(added)) {
    case OK:
        return RESULT_OK;
    case ERR_DOCUMENT_DUPLICATE_KEY:
        return reason_say(reason, FAIL(USAGE), _("%.64s is attached twice"), datum->key);
    case ERR_DOCUMENT_LIMIT:
        return reason_say(reason, FAIL(USAGE), _("at most %d data"), ABOUT_DATA_MAX);
    default:
        return reason_say(reason, FAIL(USAGE), _("%.64s: the key is no id, or the value no line of text"), datum->key);
    }
}

static RESULT take_about(const struct aval_about *about, struct about_says *ret_says, struct reason *reason)
{
    struct about_says says = {.name = ""};
    if (about != NULL) {
        ENSURE(about->size >= ABOUT_LEAST && (about->data != NULL || about->data_count == 0), USAGE);
        if (is_given(about->version) &&
            (!is_ok(about_text_check(slice_of(about->version), sizeof says.version - 1)) ||
             !is_ok(slice_copy_text(slice_of(about->version), says.version, sizeof says.version))))
            return reason_say(reason, FAIL(USAGE), _("%.64s is no version"), about->version);
        for (size_t i = 0; i < about->data_count; i++)
            TRY(take_datum(&about->data[i], &says, reason));
    }
    *ret_says = says;
    return RESULT_OK;
}

static RESULT set_about(aval_machine *machine, const char *product, const struct aval_about *about,
                        struct reason *reason)
{
    char only[PRODUCT_NAME_SIZE];
    struct about_says says;
    CLEANUP_INSTALLATION struct installation *installation = NULL;
    TRY(take_about(about, &says, reason));
    TRY(installation_meant(machine, &product, only, reason));
    TRY(installation_load(machine, product, &installation, reason));
    return attached_store(machine, installation, &says, reason);
}

int aval_set_about(aval_machine *machine, const char *product, const struct aval_about *about)
{
    struct reason reason = {.text = ""};
    return machine_finish(machine, set_about(machine, product, about, &reason), &reason);
}

static RESULT set_telling(aval_machine *machine, enum aval_telling what, const char *name, struct reason *reason)
{
    struct telling telling = {.what = (unsigned)what};
    ENSURE((int)what >= AVAL_TELL_NOTHING && (int)what <= AVAL_TELL_NAME, USAGE);
    if (is_given(name)) {
        ENSURE(what == AVAL_TELL_NAME, USAGE);
        if (!is_ok(about_text_check(slice_of(name), sizeof telling.name - 1)) ||
            !is_ok(slice_copy_text(slice_of(name), telling.name, sizeof telling.name)))
            return reason_say(reason, FAIL(USAGE), _("a name is one line of at most %d bytes"), TEXT_SIZE - 1);
    }
    state_use_own(machine);
    return telling_store(machine, &telling, reason);
}

int aval_set_telling(aval_machine *machine, enum aval_telling telling, const char *name)
{
    struct reason reason = {.text = ""};
    return machine_finish(machine, set_telling(machine, telling, name, &reason), &reason);
}

static RESULT get_about(aval_machine *machine, const char *product, struct about_told *ret_told, struct reason *reason)
{
    char only[PRODUCT_NAME_SIZE];
    CLEANUP_INSTALLATION struct installation *installation = NULL;
    TRY(installation_meant(machine, &product, only, reason));
    TRY(installation_load(machine, product, &installation, reason));
    return about_gather(machine, installation, ret_told, reason);
}

static void fill_told(const struct about_told *told, struct aval_told *ret_told)
{
    ret_told->telling = (enum aval_telling)told->telling.what;
    memcpy(ret_told->name, told->says.name, sizeof told->says.name);
    memcpy(ret_told->version, told->says.version, sizeof told->says.version);
    ret_told->data_count = told->says.data_count;
    for (size_t i = 0; i < told->says.data_count; i++) {
        memcpy(ret_told->keys[i], told->says.data[i].key, sizeof told->says.data[i].key);
        memcpy(ret_told->values[i], told->says.data[i].value, sizeof told->says.data[i].value);
    }
}

int aval_get_about(aval_machine *machine, const char *product, struct aval_told *ret_told)
{
    struct reason reason = {.text = ""};
    struct about_told told;
    if (ret_told->size < TOLD_LEAST)
        return machine_finish(machine, FAIL(USAGE), NULL);
    const struct result outcome = get_about(machine, product, &told, &reason);
    if (is_ok(outcome)) {
        struct aval_told filled = {.size = sizeof filled};
        fill_told(&told, &filled);
        memcpy(ret_told, &filled, sizeof filled);
    }
    return machine_finish(machine, outcome, &reason);
}
