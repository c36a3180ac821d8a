"""The phrases by which people ask to be left alone, as patterns over small letters without accents.

A word stands between single spaces, the end of a sentence is " . ", a comma " , ". Every repetition is bounded, so that
reading takes time in proportion to the text.
"""

from dataclasses import dataclass

# A whole message of these, apart from names and politeness, is what people answer to "reply STOP".
ALONE = frozenset(
    (
        *("stop", "stopall", "stop all", "stop replies", "unsubscribe", "unsubscribe me", "opt me out"),
        *("opt out", "optout", "opting out", "i opt out"),
        *("parar", "pare", "parem", "sair", "sair da lista", "descadastrar", "descadastrar me", "salir", "baja"),
        *("cancelar respostas", "cancelar resposta", "cancelar respuestas", "cancelar respuesta"),
    )
)
# What a template may offer, by language.
TO_OFFER = {
    "Portuguese": ("PARAR", "SAIR", "CANCELAR RESPOSTAS"),
    "English": ("STOP", "OPT OUT", "UNSUBSCRIBE"),
    "Spanish": ("PARAR", "SALIR", "CANCELAR RESPUESTAS"),
}
POLITE = frozenset(
    (
        *("por", "favor", "pfv", "pf", "porfa", "porfavor", "please", "pls"),
        *("obrigado", "obrigada", "gracias", "thanks", "thank", "you"),
    )
)
SHORT = {"n": "nao", "ur": "your", "u": "you", "vcs": "voces", "vc": "voce", "pra": "para", "plz": "please"}
# The word before a request that turns it round: "nunca parem de ...", "se no me contestan ...".
DENYING = frozenset(
    (
        *("nao", "nunca", "nem", "jamais", "sem", "caso", "embora", "talvez", "quando", "se"),
        *("no", "ni", "sin", "si", "aunque", "quizas", "cuando"),
        *("never", "dont", "not", "wont", "doesnt", "didnt", "cant", "if", "when"),
    )
)
# "... que não me respondam" asks only after one of these: "é um absurdo que não me respondam" complains.
REQUESTS = frozenset(
    (
        *("quero", "queria", "peco", "exijo", "solicito", "gostaria", "desejo", "prefiro", "preciso", "favor"),
        *("quiero", "pido", "exijo", "deseo", "prefiero", "ruego"),
    )
)
LEADS = (
    "(?:(?:por favor|por gentileza|favor|please|pls|kindly|just|now|so|then|ok|okay|e|y|and|ja|ya|entao|robo|bot|hey|oi"
    "|hola|gente) )"
)
END = "(?= [.,])"


@dataclass(frozen=True)
class Phrases:
    """How one language asks."""

    asking: tuple[str, ...]  # in a mood of asking: anywhere, unless a word before turns them round
    wishing: tuple[str, ...]  # say of themselves that they are a wish or a refusal: anywhere
    opening: tuple[str, ...]  # only where something begins: further in, the same words tell of somebody else


def _portuguese() -> Phrases:
    written = "(?:respostas?|mensagem|mensagens|msgs?|dms?|notificacao|notificacoes)"
    machine = "(?:automatic[ao]s?|prontas?|de robos?|de bots?|roboticas?|robotizadas?)"
    these = "(?:ess[ae]s? |est[ae]s? |[ao]s? |suas? |tant[ao]s? )?"
    # Messages of another kind, or by another way, are a matter of their own and no word on our answers.
    ours = (
        "(?! (?:de (?!voces\\b|robo|bot)|dizendo|falando|avisando|pedindo|cobrando|informando|que |sobre |com "
        "|no (?:meu |whats|zap|celular|email)|pel[oa] |por (?:email|sms|whats|zap)))"
    )
    plainly = "(?! (?:com(?! (?:o |um |ess[ae] )?(?:robo|bot))|sem|so|apenas|assim|dizendo|que|um|uma|por(?! aqui)) )"
    mine = "(?:em |n[oa]s? |a?os? |as? )?(?:tod[oa]s (?:[oa]s )?)?(?:meus?|minhas?) "
    posts = "(?:posts?|tweets?|tuites?|comentarios?|publicac(?:ao|oes)|postage(?:m|ns)|stories|mencoes)"
    annoy = "encher(?: (?:o (?:meu )?saco|a (?:minha )?paciencia))?"
    direct = "n[oa] (?:direct|dm|inbox|pv|privado|chat)"
    verbs = "(?:responder|mencionar|notificar|contatar|contactar|escrever|incomodar|perturbar|procurar|citar)"
    moods = "(?:respond(?:am?|as)|(?:mencion|notifiqu|contat|contact|procur|incomod|perturb|cit)em?|escrevam?)"
    acts = (
        f"(?:me {verbs}\\b{plainly}|me marcar(?! (?:hora|horario|consulta|visita))"
        f"|responder(?:{END}| tudo (?:o )?que eu | {mine}| a mim{END})|(?:me )?{annoy}{END}"
        f"|me (?:mandar|enviar) (?:mais )?{these}{written}\\b{ours}|(?:mandar|enviar) {these}{written} {machine}"
        f"|me chamar {direct}|comentar {mine})"
    )
    listed = (
        f"d(?:a|essa|esta|a sua|e sua) lista(?:{END}| de (?:contatos?|voces|envio|transmissao|mensagens|respostas))"
    )
    take_off = "(?:retir|tir|remov|apagu|exclu)(?:em|e|a|am)"
    receive = "(?:mais |receber |receber mais |mais receber )"
    return Phrases(
        asking=(
            f"nao me {moods}\\b{plainly}|nao me marquem?\\b(?! (?:hora|horario|consulta|visita))",
            f"(?:podem|pode|poderiam|poderia) (?:por favor )?nao me (?:{verbs}|marcar) mais{END}",
            f"nao fal(?:em?|es) (?:mais )?comigo{END}|nao me ench(?:e|am?){END}",
            f"(?:cancel|desativ|deslig)(?:em?|a) (?:ess[ae]s?|est[ae]s?|as?|suas?) {written} {machine}",
            f"nunca mais me (?:{moods}|marquem?)\\b{plainly}|deixem? (?:o )?(?:meu perfil|meus {posts}) em paz\\b",
            f"nao me (?:mandem?|enviem?) (?:mais )?(?:nada{END}|{these}{written}\\b{ours})",
            f"nao me chamem? (?:mais\\b(?! de )|{direct})|nao (?:respondam?|comentem?) mais {mine}",
            f"nao entrem? (?:mais )?em contato (?:comigo|mais)\\b|nao entrem? mais em contato{END}",
            f"nao (?:voltem?|tornem?) a me {verbs}\\b{plainly}|nao (?:respondam?|comentem?) {mine}{posts}\\b",
            f"nao precisam? (?:mais me {verbs}\\b|me {verbs} mais\\b)",
            f"(?:parem?|deixem?) (?:(?:ja|logo|agora|por favor) )?de {acts}",
            f"parem? de (?:vir|aparecer) {mine}{posts}\\b|me deixem? quiet[oa]{END}",
            f"parem? de responder (?:cada|todo|qualquer) {posts} meus?\\b",
            f"nao (?:mandem?|enviem?) mais {written} para mim\\b{ours}",
            f"parem? com {these}{written} {machine}",
            f"(?:favor|podem|pode|poderiam|poderia|para|como|querem|quer|mandei) parar de {acts}",
            f"me deixem? em paz\\b|deixem? me em paz\\b|me esquecam{END}",
            f"(?:me {take_off}|{take_off} (?:o )?meu (?:nome|contato|perfil)) {listed}",
            "me descadastr(?:em?|a)\\b|removam? (?:o )?meu contato\\b",
            "sai(?:am?)? d[ao]s (?:meus|minhas) (?:mencoes|comentarios)|(?:larguem?|saiam?) do meu pe\\b",
        ),
        wishing=(
            f"(?:chega de|dispenso) {these}{written} {machine}|chega de (?:(?:robo|bot)s? me |{acts})",
            f"cansei d(?:e|as?|ess[ae]s?|est[ae]s?) {written} {machine}",
            f"nao autorizo (?:voces a |que )(?:me (?:{moods}|marquem?|responder|contatar|marcar)"
            "|entr(?:em|ar) em contato)\\b",
            f"nao (?:quero|tenho interesse em) receber (?:mais )?{these}(?:{written}|avisos)"
            f"(?: de voces)?(?: aqui| por aqui)?{END}",
            f"quero parar de receber {these}{written}\\b{ours}",
            "(?:favor|pedi para|peco para|pedindo para) (?:voces )?nao "
            f"(?:me responder(?:em)?\\b{plainly}|me (?:{verbs}|marcar)(?: mais)?{END}"
            f"|responder mais(?:{END}| {mine})|responder {mine}{posts}\\b)",
            "nao (?:quero|desejo|gostaria de) (?:mais )?ser (?:mais )?"
            "(?:respondid|marcad|mencionad|contatad|contactad|incomodad)[oa]",
            f"nao (?:quero|desejo|preciso de) {receive}?(?:nenhuma )?{these}{written} (?!pronta){machine}",
            f"nao (?:quero|desejo) {receive}(?:nenhuma )?{written}(?: (?:de|com) voces| suas?)?{END}",
            f"nao (?:quero|desejo) (?:mais |nenhum )?contato(?: (?:de|com) voces)?{END}",
            "nao (?:quero|desejo) (?:mais )?que (?:voces |(?:um |o |ess[ae] )?(?:robo|bot) )?me "
            f"(?:{moods}|marquem?)\\b{plainly}",
            "nao autorizo (?:mais )?(?:o |nenhum )?contato\\b",
            f"nao quero mais (?:falar|conversar|conversa|papo) com voces{END}",
            f"(?:falei|disse|avisei) que nao quero (?:mais )?(?:nenhuma )?{written}(?: (?:de|com) voces| suas?)?{END}",
            "vou (?:te |voces )?bloquear (?:voces )?se (?:voces )?me (?:responder|marcar|mencionar|chamar)(?:em)? "
            "(?:mais|de novo|outra vez|novamente)\\b",
        ),
        opening=(
            f"(?:para|deixa) de {acts}|para com {these}{written} {machine}",
            f"nao respond(?:a|am)(?: mais)?{END}|(?:larga|sai) do meu pe\\b",
            "sai(?:am?)? d[ao] (?:minha|meu) (?:timeline|tl|perfil|feed|pagina)\\b",
            "tir(?:a|em?) (?:o )?meu (?:nome |perfil |user |arroba )?d(?:as|essas|estas) "
            "(?:suas )?(?:respostas|mencoes|marcacoes)\\b",
            "(?:me deixa|deixa eu) em paz\\b|cala a boca (?:, )?(?:robo|bot)\\b",
        ),
    )


def _english() -> Phrases:
    written = "(?:repl(?:y|ies)|responses?|messages?|dms?|tweets?|mentions?)"
    machine = "(?:automated|automatic|auto|bot|robot|canned)"
    these = "(?:(?:these|those|this|the|any|more|your) ){0,3}"
    ours = "(?! (?:about|saying|that|with|by|to |for |on |from (?!you\\b|your (?:bot|account)|this (?:bot|account))))"
    posts = "(?:posts?|tweets?|comments?|mentions|replies|dms|notifications)"
    every = "(?:(?:every(?: one)?|all|any|each)(?: one)?(?: of)? )?"
    acts = (
        f"(?:(?:auto ?)?(?:replying|responding)(?:{END}| (?:to|at) (?:me\\b|{every}my {posts}\\b"
        "|everything i (?:say|post|write|tweet)\\b))"
        "|(?:tagging|messaging|dming|contacting|mentioning|pinging|bothering|ing) me\\b(?! (?:about|by|on|with) )"
        f"|commenting on {every}my |spamming (?:me|my {posts})\\b"
        f"|sending (?:me )?{these}(?:{machine} )?{written}\\b{ours}|(?:with )?{these}{machine} {written}\\b)"
    )
    to_me = "(?:(?:reply|respond|write|talk) to me|(?:contact|message|dm|tag|mention|ping) me)"
    politely = "(?:(?:guys|all|politely|nicely|again|please|just|now) )?"
    return Phrases(
        asking=(),
        wishing=(
            "i (?:dont|do not) (?:want|wish|need) (?:to be |being )"
            "(?:contacted|tagged|messaged|mentioned|replied to)\\b(?! (?:by|on) )",
            f"i (?:dont|do not) want you to {to_me}(?:{END}| again| any ?more)",
            "(?:dont|do not|never) (?:ever )?(?:want|wish) to hear from you (?:again|any ?more|ever)\\b",
            f"(?:dont|do not) (?:want|need) {these}(?:{machine} {written}\\b|more {written}\\b{ours})",
            f"(?:dont|do not) want any more {written}\\b{ours}|(?:dont|do not) want your bot in my {posts}\\b",
            f"(?:dont|do not) (?:want|wish) to (?:get|receive) {these}(?:{machine} )?{written}\\b{ours}",
            f"no more {machine} {written}\\b",
            f"(?:want to|like to|how do i|how can i) opt out(?:{END}"
            f"| of {these}(?:{machine} )?(?:{written}|bot|contact)\\b{ours})",
            f"(?:want|like) to unsubscribe from {these}(?:{machine} )?{written}\\b{ours}",
            f"(?:want|need|like|asked|asking|told|tell|telling|begging|beg) you {politely}to (?:stop|quit) {acts}",
            f"(?:(?:can|could|will|would) you|i said|i repeat) {politely}(?:stop|quit) {acts}",
        ),
        opening=(
            f"(?:stop|quit|cease|refrain from) {acts}",
            f"leave me alone\\b|(?:get out of|stay out of|get off|leave) my (?:{posts}|timeline|feed)\\b",
            "(?:go away|shut up|get lost|piss off|fuck off) (?:, )?(?:bot|robot)\\b",
            f"(?:enough|stop it) with {these}{machine} {written}\\b|(?:i am|im) opting out\\b",
            f"please (?:dont|do not) (?:reply|respond){END}|do not (?:reply|respond){END}",
            "you (?:have no|do not have|dont have) (?:my )?permission to "
            "(?:(?:contact|message|tag|mention|dm) me|(?:reply|respond|write) to me)\\b",
            f"(?:remove me from|take me off) (?:your|this|the) (?:contact )?list(?:{END}| please)",
            f"(?:dont|do not) (?:ever )?{to_me} (?:again|ever again|further|please|bot)\\b",
            f"please (?:dont|do not) (?:ever )?(?:{to_me}{END}|{to_me} any ?more"
            f"|(?:reply|respond) to {every}my {posts}\\b)",
            f"(?:dont|do not) (?:talk to me|(?:tag|dm|message|ping|mention) me){END}|cease (?:all )?contact\\b",
            "i (?:do not|dont) consent to (?:being |be )?(?:contact|message|tag|mention)(?:ed|d)\\b",
            f"do not (?:reply|respond) to {every}my (?:posts?|tweets?|comments?|mentions)\\b",
            f"(?:dont|do not|never) (?:ever )?(?:{to_me} any ?more{END}|me(?:{END}| again\\b))",  # don't @ me
            "(?:remove|take|leave|keep) me (?:from|off|out of) (?:your|these) (?:replies|mentions|tweets|responses)\\b",
            f"never {to_me} (?:again|ever again)\\b",
            f"unsubscribe me(?:{END}| from {these}(?:{machine} )?{written}\\b)",
            f"no (?:more|{machine}) {written}(?: please)?{END}",
        ),
    )


def _spanish() -> Phrases:
    written = "(?:respuestas?|mensajes?|notificacion(?:es)?|dms?)"
    machine = "(?:automatic[ao]s?|de (?:un )?(?:robots?|bots?))"
    these = "(?:l[ao]s |es[ao]s |est[ao]s |sus |tant[ao]s )?"
    ours = (
        "(?! (?:de (?!ustedes\\b|parte\\b|un bot|bots?\\b|robot)|diciendo|avisando|pidiendo|cobrando|que |sobre |con "
        "|por (?:correo|email|sms|whats)|al? (?:whats|celular|correo|mi )))"
    )
    plainly = "(?! (?:con(?! (?:el |un |su )?(?:bot|robot))|sin|solo|asi|que|una?) )"
    mine = "(?:a |en )?(?:tod[ao]s )?mis? "
    verbs = "(?:responder|contestar|escribir|etiquetar|mencionar|contactar|molestar)"
    moods = "(?:(?:contest|etiquet|mencion|contact|molest)(?:en?|es)|(?:respond|escrib)(?:an?|as))"
    acts = (
        f"(?:{verbs}me\\b{plainly}|(?:mandar|enviar)me (?:mas )?{these}{written}\\b{ours}"
        f"|(?:mandar|enviar) (?:mas )?{these}{written} {machine}"
        f"|(?:responder|contestar)(?:{END}| {mine})|comentar {mine})"
    )
    listed = f"de (?:la|su|esa|esta) lista(?:{END}| de (?:contactos?|mensajes|ustedes))"
    take_off = "(?:saqu|quit|borr|elimin)(?:en|e)"
    return Phrases(
        asking=(
            f"no me {moods}\\b{plainly}|no coment(?:en?|es) mas {mine}",
            f"no me (?:mand(?:en?|es)|envi(?:en?|es)) (?:mas )?(?:nada{END}|{these}{written}\\b{ours})",
            f"no (?:contesten?|respondan?) (?:mas )?{mine}(?:posts?|tweets?|tuits?|comentarios?|publicaciones)\\b",
            f"no (?:vuelvan?|vuelvas) a {acts}|no me (?:vuelvan?|vuelvas) a {verbs}\\b{plainly}",
            f"(?:dejen|deje|paren|pare) de {acts}|(?:paren|pare) con {these}{written} {machine}",
            f"(?:pueden|puede|podrian|favor) dejar de {acts}",
            f"dejen? mis (?:posts|tweets|tuits|comentarios|publicaciones) en paz\\b|no me hable[ns]? mas{END}",
            "dejen?me (?:en paz|tranquil[ao])\\b",
            f"(?:{take_off}me|{take_off} mi (?:nombre|contacto)) {listed}",
        ),
        wishing=(
            f"basta (?:ya )?de (?:{these}{written} {machine}|{verbs}me\\b{plainly})",
            f"quiero dejar de recibir {these}{written}\\b{ours}",
            f"no (?:quiero|deseo|necesito) (?:mas |recibir |recibir mas )?{these}{written} {machine}",
            f"no (?:quiero|deseo) (?:recibir mas|mas) {written}(?: de ustedes| suy[ao]s)?{END}",
            f"no (?:quiero|deseo) (?:mas )?que (?:ustedes |(?:un |el |su )?(?:robot|bot) )?me {moods}\\b{plainly}",
            "no (?:quiero|deseo) ser (?:contactad|etiquetad|mencionad|molestad)[ao]\\b",
        ),
        opening=(
            f"(?:deja|para) de {acts}",
            "dejame (?:en paz|tranquil[ao])\\b|callate (?:, )?(?:robot|bot)\\b",
        ),
    )


PHRASES = (_portuguese(), _english(), _spanish())
