//! Tokens in the desk.

use instep::domain::account::PasswordLink;

use super::{FORM, send_as, site};

#[tokio::test]
async fn the_author_makes_tokens_in_the_desk_and_removes_them() {
    let site = site().await;
    let author = site.visitor("192.0.2.1");
    let link = PasswordLink::First.path(&site.app.signer, site.app.clock.now());
    let form = author.form(&link).await.set("name", "Jo").set("email", "jo@example.org");
    form.set("password", "four calm words here").send().await.is(303);
    let page = author.get("/desk/tokens").await;
    page.is(200).says("secret").says("never used");
    let none = author.form_in(&page.html()).set("name", "phone").without("scope").send().await;
    none.is(422).says("tick what the app may do");
    let made = author.form_in(&page.html()).set("name", "phone").send().await;
    let html = made.is(200).html();
    let token = html.all("code").first().expect("a token").text.clone();
    send_as(&site, &token, "/micropub", FORM, "h=entry&content=From+the+phone").await.is(201);
    let list = author.get("/desk/tokens").await;
    list.is(200).says("phone").says("last used").does_not_say(&token);
    let tokens = site.store().tokens().await.expect("reads");
    let id = tokens.iter().find(|token| token.rights.name == "phone").expect("is there").id;
    let removed = author.last_form_in(&list.html()).add("remove", &id.to_string()).send().await;
    removed.is(303);
    send_as(&site, &token, "/micropub", FORM, "h=entry&content=Lost+phone").await.is(401);
    author.post("/desk/tokens", &format!("remove={id}")).await.is(303);
}
