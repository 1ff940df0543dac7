/* aval inspect: what a kit would do to this machine, and whom it makes it believe. */
#include "kit/kit.h"

#include "base/secret.h"
#include "base/sentences.h"
#include "terminal/say.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static void say_license(struct report *out, const struct license *license)
{
    char until[TIME_TEXT_SIZE];
    time_write(license->not_after, until);
    report_text(out, "license", _("    license"), license->id);
    report_text(out, "customer", _("    customer"), license->customer);
    report_number(out, "seats", _("    seats"), license->seats);
    report_text(out, "until", _("    until"), until);
}

static void say_product(struct report *out, const struct kit_product *entry, const struct kit_view *view)
{
    char key[VERIFIER_KEY_TEXT_SIZE];
    verifier_key_write(&entry->vendor_key, key);
    report_object_begin(out, NULL);
    report_text(out, "product", _("Product"), view->name);
    report_text(out, "title", _("    title"), view->title);
    report_text(out, "vendor_key", _("    believes"), key);
    if (view->edition[0] != 0) {
        report_text(out, "edition", _("    edition"), view->edition);
        report_text(out, "product_key", _("    key"), view->key);
    }
    if (view->has_license)
        say_license(out, &view->license);
    report_object_end(out);
}

static void say_head(struct report *out, const struct kit *kit)
{
    char made[TIME_TEXT_SIZE];
    time_write(kit->made, made);
    report_text(out, "maker", _("Made by"), kit->maker);
    report_text(out, "made", _("at"), made);
    report_list_begin(out, "hosts");
    for (size_t i = 0; i < kit->host_count; i++)
        report_list_item(out, kit->hosts[i]);
    report_list_end(out, _("Asks"));
    report_text(out, "site_key", _("Site key"), kit->has_site_key ? _("yes") : _("no"));
}

static int inspect(const struct arguments *arguments, const struct kit *kit, struct kit_view *view)
{
    CLEANUP_REPORT struct report out;
    report_begin(&out, wants_json(arguments));
    say_head(&out, kit);
    report_objects_begin(&out, "products");
    for (size_t i = 0; i < kit->product_count; i++) {
        const struct result looked = kit_look(&kit->products[i], view);
        struct reason reason = {.text = ""};
        if (is_ok(looked)) {
            say_product(&out, &kit->products[i], view);
            continue;
        }
        result_ignore(reason_say(&reason, looked, _("product %zu of the kit: %.400s"), i + 1,
                                 _(error_info(result_code(looked))->sentence)));
        return say_file_failure(arguments, arguments->values[0], looked, &reason);
    }
    report_objects_end(&out);
    const int status = report_answer(&out, PROGRAM, EXIT_FINE);
    if (wants_json(arguments) || status != EXIT_FINE)
        return status;
    if (kit->has_site_key)
        say_text(_("It holds the site key: whoever can read it counts as one of the organisation's machines.\n"));
    say_text(
        _("`aval join` makes this machine believe each vendor key above about that vendor's products, and nobody about "
          "anything else. Nobody signs a kit: take it only from whoever runs the host.\n"));
    return EXIT_FINE;
}

int run_inspect(const struct arguments *arguments, void *context)
{
    (void)context;
    CLEANUP_SECRET_BUFFER struct buffer text = buffer_make(KIT_MAX);
    CLEANUP_KIT struct kit *kit = NULL;
    int status = EXIT_FINE;
    if (!kit_load(arguments, arguments->values[0], &text, &kit, &status))
        return status;
    struct kit_view *const view = malloc(sizeof *view);
    if (view == NULL)
        return say_problem(arguments, aval_code_sentence(AVAL_NO_MEMORY), AVAL_NO_MEMORY);
    status = inspect(arguments, kit, view);
    free(view);
    return status;
}
