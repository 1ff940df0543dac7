/* Where the configuration of a command comes from, and `avald check-config`. */
#include "commands.h"

#include "base/sentences.h"
#include "terminal/say.h"

#include <stdio.h>

enum { VALUE_MAX = 4096 };

RESULT command_config(const struct arguments *arguments, struct config *ret_config, const char **ret_path,
                      struct reason *reason)
{
    struct config config;
    config_defaults(&config);
    *ret_path = argument_value(arguments, "config", file_exists(CONFIG_FILE) ? CONFIG_FILE : NULL);
    if (*ret_path != NULL)
        TRY(config_read(*ret_path, &config, reason));
    const struct result flags = config_flags_apply(arguments, &config, reason);
    if (!is_ok(flags))
        *ret_path = NULL;
    TRY(flags);
    *ret_config = config;
    return RESULT_OK;
}

int command_config_or_say(const struct arguments *arguments, struct config *ret_config)
{
    const char *path = NULL;
    struct reason reason = {.text = ""};
    const struct result state = command_config(arguments, ret_config, &path, &reason);
    return is_ok(state) ? EXIT_FINE : say_failure(AVALD, path, state, reason.text);
}

int command_check_config(const struct arguments *arguments, void *context)
{
    (void)context;
    const char *path = arguments->count > 0 ? arguments->values[0] : argument_value(arguments, "config", CONFIG_FILE);
    struct config config;
    struct reason reason = {.text = ""};
    config_defaults(&config);
    const struct result state = config_read(path, &config, &reason);
    if (!is_ok(state))
        return say_failure(AVALD, path, state, reason.text);

    const struct table_column columns[] = {{N_("OPTION"), false}, {N_("VALUE"), false}};
    struct table *table = table_new(columns, 2);
    for (const struct config_option *option = config_options; option->section != NULL; option++) {
        CLEANUP_BUFFER struct buffer value = buffer_make(VALUE_MAX);
        config_value_write(&config, option, &value);
        table_cellf(table, "[%s] %s", option->section, option->key);
        table_cell(table, value.size == 0 ? _("(all)") : buffer_text(&value));
    }
    table_print(table);
    say_hint(_("%s: the configuration is good."), path);
    return EXIT_FINE;
}
