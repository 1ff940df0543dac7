/* aval-vendor product and key: what is sold, and the keys that people type for it. */
#include "base/sentences.h"
#include "command.h"
#include "desk/product_file.h"
#include "system/clock.h"
#include "terminal/report.h"
#include "terminal/say.h"

#include <stdio.h>

/* product */

static RESULT read_description(struct command *command, struct product *ret_product)
{
    CLEANUP_BUFFER struct buffer text = buffer_make(PRODUCT_FILE_MAX);
    TRY(command_read(command, command->arguments->values[0], &text));
    TRY(product_file_read(buffer_slice(&text), desk_key(command->desk)->name, ret_product, &command->reason));
    command_about(command, "");
    return RESULT_OK;
}

static void tell_product(const struct product *product, const char *path)
{
    say_text(product->edition_count == 1 ? _("Signed %s, %zu edition, in %s.\n\n")
                                         : _("Signed %s, %zu editions, in %s.\n\n"),
             product->title, product->edition_count, path);
    for (size_t i = 0; i < product->edition_count; i++) {
        char key[PRODUCT_KEY_TEXT_SIZE];
        product_key_write(&product->editions[i].key, key);
        say_field(product->editions[i].id, "%s  %s", key, product->editions[i].title);
    }
    say_text(_("\nInstall this file with the product, and give it to the operators of hosts, who enroll with it; the "
               "volume keys are no secret. Those for counted licenses are shown by `aval-vendor key`.\n"));
}

enum { FORMER_FIRST = 2 }; /* behind the key in use and the spare */

/* The former key of --by, else the one that was in use last; its place among the keys. */
static RESULT find_former(struct command *command, const struct verifier_key *keys, size_t count, size_t *ret_at)
{
    const char *const by = argument_value(command->arguments, "by", NULL);
    struct verifier_key key;
    size_t at = FORMER_FIRST;
    if (by != NULL) {
        command_about(command, by);
        TRY(verifier_key_read(slice_of(by), &key));
        while (at < count && !verifier_key_equal(&keys[at], &key))
            at++;
    }
    if (at >= count)
        return reason_say(&command->reason, FAIL(NOT_FOUND),
                          by != NULL ? _("it is no former key of this desk") : _("this desk has no former key"));
    *ret_at = at;
    return RESULT_OK;
}

/* Hands out once more the last document that a former key signed and that names the key which came after it: whoever
 * knows that former key alone learns of the next one by it. */
static RESULT hand_out_again(struct command *command)
{
    size_t count = 0;
    size_t at = 0;
    const struct verifier_key *const keys = desk_keys(command->desk, &count);
    TRY(find_former(command, keys, count, &at));
    const struct verifier_key *const next = at == FORMER_FIRST ? &keys[0] : &keys[at - 1];
    struct product product;
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    const struct result found = desk_product_by(command->desk, &keys[at], next, &product, &note, &command->reason);
    if (result_code(found) == ERR_NOT_FOUND)
        return reason_say(&command->reason, found,
                          _("no product document in the record is by %s+%08x and names the key after it"),
                          keys[at].name, (unsigned)keys[at].id);
    TRY(found);
    char name[NAME_SIZE + 32];
    char path[PATH_SIZE];
    (void)snprintf(name, sizeof name, "%s-%08x.product", product.product, (unsigned)keys[at].id);
    TRY(command_output(command, name, path));
    command_about(command, path);
    TRY(file_create(path, buffer_slice(&note), 0644, &command->reason));
    say_text(
        _("The document of %s that %s+%08x signed last is in %s. Hosts that know that key and not the one after it "
          "import this first, and then what is newer.\n"),
        product.title, keys[at].name, (unsigned)keys[at].id, path);
    return RESULT_OK;
}

static RESULT check_arguments(struct command *command)
{
    const struct arguments *const arguments = command->arguments;
    const bool again = argument_given(arguments, "again");
    if (again == (arguments->count == 1))
        return reason_say(&command->reason, FAIL(USAGE), _("name either FILE.ini or --again"));
    if (!again && argument_given(arguments, "by"))
        return reason_say(&command->reason, FAIL(USAGE), _("--by is for --again"));
    return RESULT_OK;
}

static RESULT product_body(struct command *command)
{
    struct product product;
    TRY(check_arguments(command));
    TRY(command_open(command, !argument_given(command->arguments, "again")));
    if (argument_given(command->arguments, "again"))
        return hand_out_again(command);
    TRY(read_description(command, &product));
    product.issued = clock_now();
    TRY(desk_product_keys(command->desk, product.issued, &product, &command->reason));

    char name[NAME_SIZE + 16];
    char path[PATH_SIZE];
    (void)snprintf(name, sizeof name, "%s.product", product.product);
    TRY(command_output(command, name, path));
    CLEANUP_BUFFER struct buffer text = buffer_make(DOCUMENT_MAX);
    CLEANUP_BUFFER struct buffer note = buffer_make(NOTE_MAX);
    TRY(product_write(&product, &text));
    TRY(command_unlock(command));
    TRY(command_sign(command, &text, &note));
    TRY(desk_add_product(command->desk, &product, buffer_slice(&note), &command->reason));
    TRY(command_deliver(command, path, &note));
    tell_product(&product, path);
    return RESULT_OK;
}

int command_product(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, product_body);
}

/* key */

struct key_listing {
    struct table *table;   /* made with the first row */
    struct report *report; /* NULL: a table */
};

/* What is typed for an edition: for volume licenses, and for counted ones. */
struct edition_keys {
    char volume[PRODUCT_KEY_TEXT_SIZE];
    char counted[PRODUCT_KEY_TEXT_SIZE];
};

static RESULT key_row(struct key_listing *listing, const struct product *product, const char *edition,
                      const struct edition_keys *keys)
{
    static const struct table_column COLUMNS[] = {{N_("vendor"), false},
                                                  {N_("product"), false},
                                                  {N_("edition"), false},
                                                  {N_("volume key"), false},
                                                  {N_("counted key"), false}};
    if (listing->table == NULL)
        listing->table = table_new(COLUMNS, sizeof COLUMNS / sizeof COLUMNS[0]);
    ENSURE(listing->table != NULL, NO_MEMORY);
    table_cell(listing->table, product->vendor);
    table_cell(listing->table, product->product);
    table_cell(listing->table, edition);
    table_cell(listing->table, keys->volume);
    table_cell(listing->table, keys->counted);
    return RESULT_OK;
}

static void key_object(struct report *report, const struct product *product, const char *edition,
                       const struct edition_keys *keys)
{
    report_object_begin(report, NULL);
    report_text(report, "vendor", NULL, product->vendor);
    report_text(report, "product", NULL, product->product);
    report_text(report, "edition", NULL, edition);
    report_text(report, "key", NULL, keys->volume);
    report_text(report, "counted_key", NULL, keys->counted);
    report_object_end(report);
}

static RESULT list_keys(void *context, const struct product *product)
{
    struct key_listing *listing = context;
    for (size_t i = 0; i < product->edition_count; i++) {
        const struct edition *edition = &product->editions[i];
        struct edition_keys keys;
        const struct product_key counted =
            product_key_make(PRODUCT_KEY_COUNTED, product->vendor, product->product, edition->id);
        product_key_write(&edition->key, keys.volume);
        product_key_write(&counted, keys.counted);
        if (listing->report != NULL)
            key_object(listing->report, product, edition->id, &keys);
        else
            TRY(key_row(listing, product, edition->id, &keys));
    }
    return RESULT_OK;
}

static RESULT list_chosen(struct command *command, struct key_listing *listing)
{
    if (command->arguments->count == 0)
        return desk_each_product(command->desk, list_keys, listing, &command->reason);
    struct product product;
    command_about(command, command->arguments->values[0]);
    TRY(desk_find_product(command->desk, command->arguments->values[0], &product, &command->reason));
    return list_keys(listing, &product);
}

static RESULT key_body(struct command *command)
{
    TRY(command_open(command, false));
    if (argument_given(command->arguments, "json")) {
        CLEANUP_REPORT struct report report;
        report_begin(&report, true);
        struct key_listing listing = {.report = &report};
        report_objects_begin(&report, "keys");
        TRY(list_chosen(command, &listing));
        report_objects_end(&report);
        return report_finish(&report);
    }
    struct key_listing listing = {0};
    const struct result listed = list_chosen(command, &listing);
    if (is_ok(listed) && listing.table == NULL)
        say_hint(_("No product is defined yet; sign one with `aval-vendor product FILE.ini`."));
    table_print(listing.table);
    return listed;
}

int command_key(const struct arguments *arguments, void *context)
{
    (void)context;
    return command_run(arguments, key_body);
}
