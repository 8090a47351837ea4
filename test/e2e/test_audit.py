# SPDX-FileCopyrightText: 2026 The Footfall authors
# SPDX-License-Identifier: Apache-2.0
"""Who administered what: recorded before it is answered, kept over a power cut, and shown to admins."""

from footfall import new_id


def entries(footfall, **parameters):
    return footfall.get_json("/audit", **parameters)["items"]


def test_keys_projects_and_profiles(make_server):
    footfall = make_server().start()
    project = new_id("p")
    assert footfall.request("POST", "/projects", json={"id": project}).status_code == 201
    key = footfall.request("POST", "/keys", json={"role": "editor", "project": project, "label": "ci"}).json()
    footfall.request("PUT", "/users/gone", json={"traits": {"secret": "shoe size"}})
    deleted = footfall.request("DELETE", "/users/gone", headers={"X-Request-Id": "the-request"})
    assert deleted.status_code == 204
    assert footfall.request("DELETE", f"/keys/{key['id']}").status_code == 204
    # Whoever got an answer finds the entry, whatever happens next.
    footfall.kill()
    footfall.start()
    found = entries(footfall)
    starts = [entry for entry in found if entry["action"] == "start"]
    assert starts and "listen" in starts[0]["detail"] and "embedded.partitions" not in starts[0]["detail"]
    found = [entry for entry in found if entry["action"] != "start"]
    acts = [(entry["action"], entry.get("subject"), entry.get("status"), entry["outcome"]) for entry in found]
    assert acts == [
        ("DELETE /keys/:id", key["id"], 204, "done"),
        ("DELETE /users/:id", "gone", 204, "done"),
        ("POST /keys", key["id"], 201, "done"),
        ("POST /projects", project, 201, "done"),
        ("first start", "default", None, "done"),
    ]
    erased = found[1]
    assert erased["requestId"] == "the-request" and erased["project"] == "default" and erased["time"].endswith("Z")
    assert erased["actor"]["role"] == "admin" and erased["actor"]["key"].startswith("key_")
    assert erased["actor"]["address"] == "127.0.0.1"
    text = str(found)
    assert key["key"] not in text and footfall.api_key not in text and "shoe size" not in text
    footfall.stop()


def test_an_admin_of_one_project_sees_that_project(make_server):
    footfall = make_server().start()
    footfall.request("POST", "/projects", json={"id": "blog"})
    own = footfall.request("POST", "/keys", json={"role": "admin", "project": "blog"}).json()["key"]
    footfall.request("POST", "/keys", json={"role": "viewer", "project": "default"})
    footfall.request("POST", "/keys", own, json={"role": "viewer"})
    seen = footfall.get("/audit", own).json()["items"]
    assert [entry["action"] for entry in seen] == ["POST /keys", "POST /keys", "POST /projects"]
    assert all(entry["project"] == "blog" for entry in seen)
    assert footfall.get("/audit", own, project="default").status_code == 404
    assert [entry["project"] for entry in entries(footfall, project="default")] == ["default"]
    viewer = footfall.request("POST", "/keys", json={"role": "editor"}).json()["key"]
    assert footfall.get("/audit", viewer).status_code == 403
    footfall.stop()


def test_pages_and_times(make_server):
    footfall = make_server().start()
    names = [new_id("key") for _ in range(7)]
    for name in names:
        assert footfall.request("DELETE", f"/keys/{name}").status_code == 404
    seen, cursor = [], None
    while True:
        page = footfall.get_json("/audit", limit=2, **({"cursor": cursor} if cursor else {}))
        assert len(page["items"]) <= 2
        seen += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert [entry["subject"] for entry in seen if entry["action"].startswith("DELETE")] == names[::-1]
    assert all(entry["outcome"] == "refused" for entry in seen if entry["action"].startswith("DELETE"))
    middle = seen[3]["time"]
    later = entries(footfall, **{"from": middle})
    earlier = entries(footfall, to=middle)
    assert len(later) + len(earlier) == len(seen) and later[-1]["time"] >= middle > earlier[0]["time"]
    footfall.stop()
