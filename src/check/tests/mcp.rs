use super::{fires, silent};
use crate::finding::Certainty;

const ID: &str = "mcp-host-refused";
const UVICORN: (&str, &str) = ("Procfile", "web: uvicorn main:app --host 0.0.0.0 --port $PORT\n");
const PYTHON: (&str, &str) = ("Procfile", "web: python main.py\n");
const OLD: (&str, &str) = ("requirements.txt", "mcp==1.30.0\n");
const NEW: (&str, &str) = ("requirements.txt", "mcp==2.3.0\n");

/// The guard is chosen by the host that the server (1.x) or the app (2.x) is made with: mcp/server/fastmcp/server.py of 1.30.0 and
/// mcp/server/mcpserver/server.py of 2.3.0.
#[test]
fn a_server_that_is_made_without_a_host_refuses_the_deploys() {
    let old = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP(\"tides\")\napp = mcp.streamable_http_app()\n";
    let found = fires(ID, "main.py:2", &[OLD, UVICORN, ("main.py", old)]);
    assert_eq!(found.certainty, Certainty::Certain);
    let new = "from mcp.server.mcpserver import MCPServer\nmcp = MCPServer(\"tides\")\napp = mcp.streamable_http_app(json_response=True)\n";
    fires(ID, "main.py:3", &[NEW, UVICORN, ("main.py", new)]);
    let local = new.replace("json_response=True", "host='127.0.0.1'");
    fires(ID, "main.py:3", &[NEW, UVICORN, ("main.py", &local)]);
}

#[test]
fn a_host_that_is_set_afterwards_comes_too_late() {
    let late = "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('tides')\nif __name__ == '__main__':\n    mcp.settings.host = '0.0.0.0'\n    mcp.run(transport='streamable-http')\n";
    fires(ID, "main.py:2", &[OLD, PYTHON, ("main.py", late)]);
    // One that speaks to its parent listens nowhere.
    silent(ID, &[OLD, PYTHON, ("main.py", &late.replace("transport='streamable-http'", ""))]);
}

#[test]
fn a_part_of_a_larger_app_leaves_in_doubt() {
    let part = "from fastapi import FastAPI\nfrom mcp.server.mcpserver import MCPServer\nmcp = MCPServer('tides')\napp = FastAPI()\napp.mount('/tides', mcp.streamable_http_app())\n";
    let found =
        fires(ID, "main.py:5", &[("requirements.txt", "mcp==2.3.0\nfastapi==0.165.0\n"), UVICORN, ("main.py", part)]);
    assert_eq!(found.certainty, Certainty::Likely);
}

#[test]
fn what_is_told_of_hosts_is_let_be() {
    for (needs, text) in [
        (OLD, "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('tides', host='0.0.0.0')\napp = mcp.sse_app()\n"),
        (
            OLD,
            "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('tides', transport_security=GUARD)\napp = mcp.sse_app()\n",
        ),
        (
            NEW,
            "from mcp.server.mcpserver import MCPServer\nmcp = MCPServer('tides')\napp = mcp.streamable_http_app(host=HOST)\n",
        ),
        // 1.22 has no such guard, and FastMCP's own package none by default.
        (
            ("requirements.txt", "mcp==1.22.0\n"),
            "from mcp.server.fastmcp import FastMCP\nmcp = FastMCP('tides')\napp = mcp.sse_app()\n",
        ),
        (
            ("requirements.txt", "fastmcp==4.2.3\n"),
            "from fastmcp import FastMCP\nmcp = FastMCP('tides')\napp = mcp.http_app()\n",
        ),
    ] {
        silent(ID, &[needs, UVICORN, ("main.py", text)]);
    }
}
