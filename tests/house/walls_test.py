"""Each rule of walls.py can fail: a small house is made, one thing in it is wrong, and is found."""

import tempfile
import unittest
from pathlib import Path

import walls

# A house in order: at least one allowed case of everything that the rules are about.
IN_ORDER = {
    "README.md": "",
    ".gitignore": "",
    "CMakeLists.txt": "",
    "actors/CMakeLists.txt": "workers.hpp caf.hpp workers.cpp unit.hpp",
    "actors/include/callsign/workers.hpp": "#include <string>\n#include <callsign/version.hpp>\n",
    "actors/include/callsign/native/caf.hpp": "#include <callsign/workers.hpp>\n#include <caf/all.hpp>\n",
    "actors/src/unit.hpp": "#include <caf/all.hpp>\n",
    "actors/src/workers.cpp": '#include "actors/src/unit.hpp"\n#include <unistd.h>\n',
    "net/CMakeLists.txt": "web_server.hpp json.hpp outbox.cpp ring.cpp session.cpp actor.cpp",
    "net/include/callsign/web_server.hpp": "#include <callsign/workers.hpp>\n",
    "net/include/callsign/native/json.hpp": "#include <boost/json.hpp>\n",
    "net/src/door/door.hpp": "#include <vector>\n#include <callsign/web_server.hpp>\n",
    "actors/src/utf8.hpp": "",
    "net/src/rules/outbox.cpp": '#include "../door/door.hpp"\n#include "actors/src/utf8.hpp"\n',
    "net/src/beast/ring.cpp": "#include <liburing.h>\n",
    "net/src/beast/session.hpp": "",
    "net/src/beast/session.cpp": '#include "net/src/door/door.hpp"\n#include <boost/beast.hpp>\n',
    "net/src/bridge/actor.hpp": "",
    "net/src/bridge/actor.cpp": '#include "net/src/door/door.hpp"\n#include "actors/src/unit.hpp"\n'
    "#include <caf/all.hpp>\n",
    "app/CMakeLists.txt": "main.cpp",
    "app/chat/main.cpp": "// the caffeine of boosters\n#include <callsign/web_server.hpp>\n#include <CLI/CLI.hpp>\n",
    "tests/kit/story.hpp": '#include <caf/all.hpp>\n#include "net/src/door/door.hpp"\n',
    "tests/net/wire.mjs": "setTimeout(() => fail('too late'), 5000);\nawait once(ws, 'open');\n",
    "tests/net/wire.py": "await asyncio.wait_for(ws.recv(), 5)\nawait asyncio.sleep(0)\n",
    "tests/net/slow.py": "# house: may wait, because silence is what is tested\ntime.sleep(1)\n",
    "build/dev/left.cpp": "#include <caf/all.hpp>\n",
}


class Walls(unittest.TestCase):
    def house(self, **changes):
        with tempfile.TemporaryDirectory() as root:
            for path, text in {**IN_ORDER, **changes.get("files", {})}.items():
                file = Path(root, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text, encoding="utf-8")
            house = walls.House(root)
            house.check()
            return house

    def crossed(self, path, text, where, why):
        """With `text` in `path`, exactly one thing is wrong: at `where`, and its reason has `why`."""
        wrong = self.house(files={path: text}).wrong
        self.assertEqual(len(wrong), 1, wrong)
        self.assertTrue(wrong[0].startswith(where + ": "), wrong)
        self.assertIn(why, wrong[0])

    def test_a_house_in_order_passes(self):
        self.assertEqual(self.house().wrong, [])

    def test_actors_know_nothing_of_net(self):
        self.crossed(
            "actors/src/unit.hpp", "\n#include <callsign/web_server.hpp>\n", "actors/src/unit.hpp:2", "app → net → actors"
        )

    def test_net_knows_nothing_of_app(self):
        self.crossed(
            "net/src/bridge/actor.cpp", '#include "app/chat/main.cpp"', "net/src/bridge/actor.cpp:1", "app → net → actors"
        )

    def test_net_knows_nothing_of_tests(self):
        self.crossed("net/src/beast/session.cpp", '#include "tests/kit/story.hpp"', "net/src/beast/session.cpp:1", "tests/")

    def test_the_kit_knows_no_program(self):
        self.crossed("tests/kit/story.hpp", '#include "app/chat/main.cpp"', "tests/kit/story.hpp:1", "no program")

    def test_relative_paths_are_followed(self):
        self.crossed(
            "net/src/beast/session.cpp", '#include "../bridge/actor.hpp"', "net/src/beast/session.cpp:1", "meet at net/src/door"
        )

    def test_beast_knows_no_bridge(self):
        self.crossed(
            "net/src/beast/session.cpp", '#include "net/src/bridge/actor.hpp"', "net/src/beast/session.cpp:1", "net/src/bridge"
        )

    def test_beast_knows_no_private_actors(self):
        self.crossed(
            "net/src/beast/session.cpp", '#include "actors/src/unit.hpp"', "net/src/beast/session.cpp:1", "no actors"
        )

    def test_beast_includes_no_caf(self):
        wrong = self.house(files={"net/src/beast/session.cpp": "#include <caf/actor.hpp>"}).wrong
        self.assertEqual([w.split(" ")[0] for w in wrong], ["net/src/beast/session.cpp:1:"] * 2)

    def test_bridge_knows_no_beast(self):
        self.crossed(
            "net/src/bridge/actor.cpp", '#include "net/src/beast/session.hpp"', "net/src/bridge/actor.cpp:1", "net/src/beast"
        )

    def test_bridge_includes_no_boost(self):
        wrong = self.house(files={"net/src/bridge/actor.cpp": "#include <boost/asio.hpp>"}).wrong
        self.assertTrue(any("no sockets" in w for w in wrong), wrong)

    def test_machines_stand_on_the_standard_library(self):
        for bad in ("<unistd.h>", '"net/src/beast/session.hpp"', '"actors/src/unit.hpp"', "<spdlog/spdlog.h>"):
            for folder in ("door/door.hpp", "rules/outbox.cpp"):
                self.crossed(f"net/src/{folder}", f"#include {bad}", f"net/src/{folder}:1", "standard library")

    def test_machines_include_no_caf(self):
        wrong = self.house(files={"net/src/door/door.hpp": "#include <caf/actor.hpp>"}).wrong
        self.assertTrue(any("standard library" in w for w in wrong), wrong)

    def test_public_headers_show_no_caf_and_no_boost(self):
        for bad in ("<caf/actor.hpp>", "<boost/asio.hpp>"):
            wrong = self.house(files={"net/include/callsign/web_server.hpp": f"#include {bad}"}).wrong
            self.assertTrue(any("neither CAF nor Boost" in w for w in wrong), wrong)

    def test_public_headers_need_no_private_ones(self):
        self.crossed(
            "actors/include/callsign/workers.hpp",
            '#include "actors/src/unit.hpp"',
            "actors/include/callsign/workers.hpp:1",
            "private",
        )

    def test_public_headers_stand_on_the_standard_library(self):
        self.crossed(
            "actors/include/callsign/workers.hpp",
            "#include <sys/socket.h>",
            "actors/include/callsign/workers.hpp:1",
            "standard library only",
        )

    def test_native_is_opt_in(self):
        self.crossed(
            "net/include/callsign/web_server.hpp",
            "#include <callsign/native/json.hpp>",
            "net/include/callsign/web_server.hpp:1",
            "opt-in",
        )

    def test_programs_mention_no_caf_and_no_beast(self):
        self.crossed("app/chat/main.cpp", "int x;\nusing boost::beast::y;", "app/chat/main.cpp:2", "does not mention")
        self.crossed("app/chat/main.cpp", "// an actor of CAF", "app/chat/main.cpp:1", "does not mention")

    def test_programs_see_public_headers_only(self):
        self.crossed("app/chat/main.cpp", '#include "net/src/door/door.hpp"', "app/chat/main.cpp:1", "public headers only")

    def test_programs_include_no_native(self):
        wrong = self.house(files={"app/chat/main.cpp": "#include <callsign/native/caf.hpp>"}).wrong
        self.assertTrue(any("programs need neither" in w for w in wrong), wrong)

    def test_caf_is_private(self):
        self.crossed("tests/net/wire.hpp", "#include <caf/all.hpp>", "tests/net/wire.hpp:1", "CAF is private")

    def test_boost_is_private(self):
        self.crossed("actors/src/unit.hpp", "#include <boost/asio.hpp>", "actors/src/unit.hpp:1", "Boost is private")

    def test_liburing_is_private(self):
        self.crossed(
            "net/src/beast/session.cpp", "#include <liburing.h>", "net/src/beast/session.cpp:1", "liburing is private"
        )

    def test_includes_in_comments_do_not_count(self):
        text = "// #include <boost/asio.hpp>\n/* a\n#include <boost/asio.hpp>\n*/ #include <string>\n"
        self.assertEqual(self.house(files={"actors/src/unit.hpp": text}).wrong, [])

    def test_the_top_level_holds_nothing_else(self):
        self.crossed("notes.txt", "", "notes.txt:1", "the top level")

    def test_tests_do_not_sleep(self):
        for path, line in (
            ("tests/net/wire.hpp", "std::this_thread::sleep_for(1s);"),
            ("tests/net/wire.hpp", "usleep(100);"),
            ("tests/net/wire.hpp", "  ::sleep(1);"),
            ("tests/net/wire.py", "time.sleep(0.1)"),
            ("tests/net/wire.py", "await asyncio.sleep(0.1)"),
            ("tests/net/wire.py", "await asyncio.sleep(1)"),
            ("tests/net/wire.mjs", "await new Promise(r => setTimeout(r, 100));"),
            ("tests/net/wire.mjs", "await page.waitForTimeout(100);"),
            ("tests/net/wire.mjs", "import { setTimeout } from 'node:timers/promises';"),
            ("tests/net/wire.sh", "sleep 1"),
        ):
            with self.subTest(line=line):
                self.crossed(path, "\n" + line, path + ":2", "never for a while")

    def test_no_file_is_forgotten(self):
        self.crossed("actors/src/extra.cpp", "", "actors/src/extra.cpp:1", "in no list of actors/CMakeLists.txt")
        self.crossed("net/include/callsign/extra.hpp", "", "net/include/callsign/extra.hpp:1", "in no list")

    def test_long_files_are_a_warning(self):
        house = self.house(files={"actors/src/unit.hpp": "//\n" * 401})
        self.assertEqual(house.wrong, [])
        self.assertEqual(house.warnings, ["actors/src/unit.hpp: 401 lines; do two things live in it?"])


if __name__ == "__main__":
    unittest.main()
