/* A kit and what is in it; see kit.h. */
#include "kit/kit.h"

#include "base/sentences.h"
#include "proto/introduction.h"
#include "system/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool kit_load(const struct arguments *arguments, const char *file, struct buffer *text, struct kit **ret_kit,
              int *ret_status)
{
    struct reason reason = {.text = ""};
    struct result read = file_read(file, text, &reason);
    if (is_ok(read) && !kit_begins(buffer_slice(text)))
        read =
            reason_say(&reason, FAIL(DOCUMENT_TYPE), "%s", _("it is no kit; an operator makes one with `avalctl kit`"));
    if (is_ok(read))
        read = kit_read(buffer_slice(text), ret_kit);
    if (!is_ok(read) && reason.text[0] == 0 && result_place(read) != 0)
        result_ignore(reason_say(&reason, read,
                                 _("line %u: %.400s A kit that was changed on its way is none: have it sent again."),
                                 result_place(read), _(error_info(result_code(read))->sentence)));
    if (is_ok(read))
        return true;
    *ret_status = say_file_failure(arguments, file, read, &reason);
    return false;
}

static const struct edition *find_edition(const struct product *product, const struct product_key *key)
{
    for (size_t i = 0; i < product->edition_count; i++)
        if (product->editions[i].key.tag == key->tag)
            return &product->editions[i];
    return NULL;
}

/* What a host introduced itself with; a license that the product's vendor did not sign is none. */
static void look_at_license(const struct kit_product *entry, const struct product *product, struct kit_view *view)
{
    struct introduction introduction;
    view->has_license =
        entry->has_introduction && is_ok(introduction_read(entry->introduction, &introduction)) &&
        is_ok(license_open(introduction.license, product->vendor_keys, product->vendor_key_count, &view->license));
}

static RESULT look(const struct kit_product *entry, const struct product *product, struct kit_view *view)
{
    snprintf(view->name, sizeof view->name, "%s/%s", product->vendor, product->product);
    memcpy(view->title, product->title, sizeof view->title);
    look_at_license(entry, product, view);
    if (!entry->has_key)
        return RESULT_OK;
    const struct edition *const edition = find_edition(product, &entry->key);
    ENSURE(edition != NULL, PRODUCT_KEY_OTHER);
    memcpy(view->edition, edition->id, sizeof view->edition);
    product_key_write(&entry->key, view->key);
    return RESULT_OK;
}

RESULT kit_look(const struct kit_product *entry, struct kit_view *ret_view)
{
    struct product *const product = malloc(sizeof *product); /* too large for a stack */
    ENSURE(product != NULL, NO_MEMORY);
    *ret_view = (struct kit_view){.has_license = false};
    struct result outcome = product_open(entry->product, &entry->vendor_key, 1, product);
    if (is_ok(outcome))
        outcome = look(entry, product, ret_view);
    free(product);
    return outcome;
}
