/* Denial: why the host says no, with the numbers behind it. Host -> machine, not signed. Schema, reader, writer. */
#include "core/form/form.h"

/* A revoked license is a broken link for the machine that finds it, and a denial when the host does. */
static bool is_denial(const struct error_info *info)
{
    return info != NULL && (info->category == CATEGORY_DENIAL || info->code == ERR_LICENSE_REVOKED);
}

static void code_form(struct form *form, enum error_code *code)
{
    struct slice value;
    if (form_writing(form)) {
        const struct error_info *info = error_info(*code);
        form_put(form, "code", slice_of(info->name), is_denial(info) ? RESULT_OK : FAIL(DOCUMENT_VALUE));
    } else if (form_take(form, "code", &value)) {
        char name[NAME_SIZE] = "";
        form_keep(form, id_check(value));
        result_ignore(slice_copy_text(value, name, sizeof name)); /* what does not fit is no name of the table */
        const struct error_info *info = error_by_name(name);
        form_check(form, is_denial(info), FAIL(DOCUMENT_VALUE));
        *code = info == NULL ? OK : info->code;
    }
}

/* In the order of enum rate_of. */
static const char *const rates[] = {"address", "all"};

static void denial_form(struct form *form, void *document)
{
    struct denial *denial = document;
    form_begin(form, "denial");
    code_form(form, &denial->code);
    form_text(form, "message", denial->message, sizeof denial->message);
    if (form_optional(form, "count", &denial->has_count)) {
        form_number(form, "count", &denial->count, 0, UINT64_MAX);
        form_number(form, "threshold", &denial->threshold, 0, UINT64_MAX);
    }
    if (form_optional(form, "seats", &denial->has_seats)) {
        form_number(form, "seats", &denial->seats, 0, UINT64_MAX);
        form_number(form, "held", &denial->held, 0, UINT64_MAX);
    }
    if (form_optional(form, "host-time", &denial->has_clocks)) {
        form_time(form, "host-time", &denial->host_time);
        form_time(form, "machine-time", &denial->machine_time);
    }
    if (form_optional(form, "new-from", &denial->has_rate)) {
        form_choice(form, "new-from", rates, sizeof rates / sizeof rates[0], &denial->rate_of);
        form_number(form, "new-at-once", &denial->at_once, 1, UINT64_MAX);
        form_number(form, "new-per-hour", &denial->per_hour, 0, UINT64_MAX);
    }
    if (form_optional(form, "date", &denial->has_date))
        form_time(form, "date", &denial->date);
    form_duration(form, "retry-after", &denial->retry_after);
    form_extensions(form, &denial->extensions);
}

RESULT denial_read(struct slice text, struct denial *ret_denial)
{
    return form_read(text, denial_form, ret_denial, sizeof *ret_denial);
}

RESULT denial_write(const struct denial *denial, struct buffer *out)
{
    return form_write(denial_form, denial, out);
}
