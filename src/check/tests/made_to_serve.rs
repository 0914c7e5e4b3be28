//! Servers that a framework of its own kind makes.

use super::{fires, silent, silent_with};
use crate::finding::Edit;

#[test]
fn a_server_of_the_model_context_protocol_listens_where_it_is_told() {
    let list = ("requirements.txt", "fastmcp==4.2.3\n");
    let main = |run: &str| format!("import asyncio\nfrom fastmcp import FastMCP\nmcp = FastMCP('tides')\n{run}\n");
    for run in [
        "mcp.run(transport='http')",
        "mcp.run(\"sse\", port=8080)",
        "mcp.run(transport=os.getenv('TRANSPORT', 'streamable-http'))",
        "asyncio.run(mcp.run_async(transport='http', host='127.0.0.1'))",
        "asyncio.run(mcp.run_http_async(port=8080))",
    ] {
        fires("wrong-bind-host", "main.py:4", &[list, ("main.py", &main(run))]);
    }
    silent_with("wrong-bind-host", &[list, ("main.py", &main("mcp.run(transport='http')"))], &["FASTMCP_HOST=0.0.0.0"]);
    // One that speaks to its parent listens nowhere.
    for run in ["mcp.run()", "mcp.run(transport='stdio')", "mcp.run(transport='http', host='0.0.0.0')"] {
        silent("wrong-bind-host", &[list, ("main.py", &main(run))]);
    }
    let sdk =
        "from mcp.server import MCPServer\nmcp = MCPServer('tides')\nmcp.run(transport='streamable-http', port=8080)\n";
    fires("wrong-bind-host", "main.py:3", &[("requirements.txt", "mcp==2.3.0\n"), ("main.py", sdk)]);
    silent("wrong-bind-host", &[list, ("main.py", &sdk.replace("port=8080", "host='0.0.0.0'"))]);
}

#[test]
fn an_mcp_server_of_before_2_is_told_its_host_as_it_is_made() {
    let list = ("requirements.txt", "mcp==1.30.0\n");
    let main = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('tides')\nmcp.run(transport='streamable-http')\n";
    let found = fires("wrong-bind-host", "main.py:2", &[list, ("main.py", main)]);
    let Edit::ReplaceLine { text, .. } = &found.fixes[0].edits[0] else { panic!("{found:?}") };
    assert_eq!(text, "mcp = FastMCP('tides', host=\"0.0.0.0\")");
    let open = main.replace("'tides'", "'tides', host='0.0.0.0'");
    silent("wrong-bind-host", &[list, ("main.py", &open)]);
    silent("wrong-bind-host", &[list, ("main.py", &main.replace("transport='streamable-http'", ""))]);
}

#[test]
fn a_gui_of_taipy_is_made_in_the_line_that_serves() {
    let list = ("requirements.txt", "taipy-gui==4.1.2\n");
    let main =
        |run: &str| format!("from taipy.gui import Gui\nfrom taipy import Orchestrator\nOrchestrator().run()\n{run}\n");
    for run in ["Gui(page='# Tides').run(title='x')", "gui = Gui(page='x'); gui.run()"] {
        let text = main(run).replace("; ", "\n");
        let line = if run.contains("; ") { "main.py:5" } else { "main.py:4" };
        fires("wrong-bind-host", line, &[list, ("main.py", &text)]);
    }
    silent("wrong-bind-host", &[list, ("main.py", &main("Gui(page='x').run(host='0.0.0.0')"))]);
}

#[test]
fn cherrypy_listens_on_the_loopback_where_nothing_says_otherwise() {
    let list = ("requirements.txt", "cherrypy==18.10.0\n");
    let main =
        "import cherrypy\n\nclass Root:\n    pass\n\nif __name__ == '__main__':\n    cherrypy.quickstart(Root())\n";
    fires("wrong-bind-host", "main.py:7", &[list, ("main.py", main)]);
    for told in [
        main.replace("    cherrypy", "    cherrypy.config.update({'server.socket_host': '0.0.0.0'})\n    cherrypy"),
        main.replace("Root()", "Root(), '/', 'server.conf'"),
        main.replace("    cherrypy", "    cherrypy.server.socket_host = '0.0.0.0'\n    cherrypy"),
    ] {
        silent("wrong-bind-host", &[list, ("main.py", &told)]);
    }
}
